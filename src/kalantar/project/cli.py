"""The verbs of the command line. Exit 0: done. 1: refused, with the reason on stderr. 2: wrong usage. Never a traceback
for bad input."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from .sentences import language, say, sentence_of
from .sentences import marked as _
from .stop import Stop


def home() -> Path:
    """Where an installation's data lies unless told otherwise: beside the project, or in the user's own folder."""
    project = Path(__file__).resolve().parents[3]
    return project / "var" if (project / "pyproject.toml").exists() else Path.home() / ".local/share/kalantar"


def wake(profile: str | None = None, data: Path | None = None) -> None:
    """Set the environment an installation needs and start Django."""
    if profile:
        os.environ["KALANTAR_PROFILE"] = profile
    if data:
        os.environ["KALANTAR_DATA"] = str(data)
    os.environ.setdefault("KALANTAR_DATA", str(home() / "data"))
    os.environ["DJANGO_SETTINGS_MODULE"] = "kalantar.project.settings"
    from . import gate

    refusal = gate.refusal(environment())
    if refusal:
        raise Stop(refusal)
    import django
    from django.utils import translation

    django.setup()
    translation.activate(language())


def environment() -> list:
    """The gate's first look. A demonstration or a test makes its own keys."""
    from kalantar.kernel import keys

    from . import gate

    if os.environ.get("KALANTAR_PROFILE") in {"demo", "test"}:
        data = Path(os.environ["KALANTAR_DATA"]).resolve()
        keys.make(Path(os.environ.get("KALANTAR_KEYS", f"{data}.keys")))
    return gate.before()


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="kalantar", description="Kalantar: a police station runs its area as a city.")
    verbs = top.add_subparsers(dest="verb", required=True, metavar="VERB")

    def verb(name: str, text: str, run) -> argparse.ArgumentParser:
        sub = verbs.add_parser(name, help=text, description=text)
        sub.set_defaults(run=run)
        sub.add_argument("--data", type=Path, help="the installation's data folder (KALANTAR_DATA)")
        return sub

    demo = verb("demo", "A real city on this machine, ready to look at.", _demo)
    demo.add_argument("--city", choices=["chicago"], default="chicago")
    demo.add_argument("--port", type=int, default=8321)
    demo.add_argument("--no-browser", action="store_true", help="do not open a browser")
    demo.add_argument("--forward", metavar="7d", help="move the demonstration's day on, load what happened, and end")
    demo.add_argument("--set-up-only", action="store_true", help="prepare everything and end without serving")

    init = verb("init", "Set up an installation, once.", _init)
    init.add_argument("--kind", choices=["station", "province"], required=True)
    init.add_argument("--name", required=True, help="the station's or province's name in Persian")
    init.add_argument("--name-en", required=True)
    init.add_argument("--number", type=int, default=1, help="the station's number")
    init.add_argument("--time-zone", default="Asia/Tehran")
    init.add_argument("--chief", required=True, metavar="USERNAME", help="sign-in name of the chief or commander")

    serve = verb("serve", "The web server.", _serve)
    serve.add_argument("--host", default="127.0.0.1")
    serve.add_argument("--port", type=int, default=8000)
    serve.add_argument("--workers", type=int, default=min(2, os.cpu_count() or 1))

    worker = verb("worker", "What the clock does: imports, findings, retention.", _worker)
    worker.add_argument("--once", action="store_true", help="do what is due now, and end")

    verb("migrate", "Bring the tables up to this version.", _migrate)

    bring = verb("import", "Bring in incidents or boundaries from a file.", _import)
    bring.add_argument("what", choices=["incidents", "boundaries"])
    bring.add_argument("file", type=Path, nargs="+", metavar="FILE", help="boundaries come one file at a time")
    bring.add_argument(
        "--map",
        type=Path,
        action="append",
        default=[],
        help="which column means what (incidents): once for all files, or once for each in their order",
    )
    bring.add_argument("--kind", choices=["station", "beat"], help="what the shapes are (boundaries)")
    bring.add_argument("--only-known", action="store_true", help="leave out shapes of no known station (boundaries)")
    bring.add_argument(
        "--overlaps-known", action="store_true", help="take overlapping shapes; a place counts in one (boundaries)"
    )
    bring.add_argument("--dry-run", action="store_true", help="tell what would happen; write nothing")
    bring.add_argument("--json", action="store_true", help="the result as JSON")

    analyse = verb(
        "analyse", "Any method on any file: analyse METHOD FILE… Without a method: the findings of a morning.", _analyse
    )
    analyse.add_argument("--on", metavar="YYYY-MM-DD", help="the morning (without a method)")
    analyse.add_argument("--json", action="store_true")
    analyse.add_argument("--list", action="store_true", help="every method with its question")
    analyse.add_argument("method", nargs="?", metavar="METHOD", help="one of --list")
    analyse.add_argument("rest", nargs=argparse.REMAINDER, metavar="…", help="its files and options: METHOD --help")

    calibrate = verb("calibrate", "Does each method keep its promise where the truth is known?", _calibrate)
    calibrate.add_argument("--only", default="", help="comma-separated names of promises")
    calibrate.add_argument("--worlds", type=int, default=1000, help="made-up worlds a stratum")
    calibrate.add_argument("--seed", type=int, default=1)
    calibrate.add_argument("--out", type=Path, help="folder of the report (docs/calibration)")

    looks = verb("doctor", "Look over this installation: what is wrong, and the cure.", _doctor)
    looks.add_argument("--json", action="store_true")

    backup = verb("backup", "One sealed file of everything but the keys.", _backup)
    backup.add_argument("file", type=Path)

    restore = verb("restore", "Put such a file back into an empty installation.", _restore)
    restore.add_argument("file", type=Path)

    verify = verb("verify", "Prove that the audit chains, files and totals are whole.", _verify)
    verify.add_argument("--code", help="a code from the duty book")
    verify.add_argument("--totals", action="store_true", help="recount the totals, too")
    verify.add_argument("--json", action="store_true")

    verb("upgrade", "Keep a sealed copy, migrate and verify.", _upgrade)

    bench = verb("bench", "Speed and memory, as ratios measured in one run.", _bench)
    bench.add_argument(
        "--jobs", default="", help="comma-separated: import, import2m, pages, weights, analysis, growth, start"
    )
    bench.add_argument("--cases", default="", help="comma-separated cases of the job analysis")
    bench.add_argument("--rounds", type=int, default=5)
    bench.add_argument("--scale", type=float, default=1.0, help="a part of the rows, for a quick look: 0.01")
    bench.add_argument(
        "--postgres", metavar="URL", help="also measure the pages on this server (KALANTAR_BENCH_POSTGRES)"
    )
    bench.add_argument("--out", type=Path, help="also append the JSON lines to this file")

    pictures = verb("pictures", "A picture of every screen.", _pictures)
    pictures.add_argument("--out", type=Path)
    pictures.add_argument("--gallery", action="store_true", help="one picture a method of analysis, into docs/gallery")
    pictures.add_argument("--readme", action="store_true", help="only the README's, into docs/pictures")
    return top


def main(argv: Sequence[str] | None = None) -> int:
    options = parser().parse_args(argv)
    try:
        return options.run(options) or 0
    except Stop as stop:
        print(f"kalantar: {stop}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    except SystemExit as leaving:
        if isinstance(leaving.code, str):
            print(leaving.code, file=sys.stderr)
            return 1
        raise
    except Exception as fault:
        sentence = sentence_of(fault)
        if sentence is None:
            raise
        print(f"kalantar: {sentence}", file=sys.stderr)
        return 1


# ---- the verbs, each a door to the module that does the work ----


def _demo(options) -> int:
    data = options.data or home() / f"demo-{options.city}"
    wake("demo", data)
    from . import demo

    return demo.run(options, data)


def _real(options) -> None:
    """Wake the installation the environment names."""
    if options.data:
        os.environ["KALANTAR_DATA"] = str(options.data)
    wake()


def _init(options) -> int:
    data = options.data or Path(os.environ.get("KALANTAR_DATA", home() / "data"))
    from kalantar.kernel import keys

    keys.make(Path(os.environ.get("KALANTAR_KEYS", f"{data.resolve()}.keys")))
    wake(options.kind, data)
    from . import opening

    return opening.run(options)


def _serve(options) -> int:
    _real(options)
    from . import serving

    return serving.serve(options.host, options.port, options.workers)


def _worker(options) -> int:
    _real(options)
    from . import serving

    return serving.work(once=options.once)


def _migrate(options) -> int:
    _real(options)
    from . import opening

    opening.migrate()
    return 0


def _import(options) -> int:
    if options.what == "boundaries" and not options.kind:
        needed = _("To import boundaries, say what they are: %(option)s")
        print(f"kalantar: {say(needed, option='--kind station|beat')}", file=sys.stderr)
        return 2
    if (options.what == "boundaries" and len(options.file) > 1) or len(options.map) not in {0, 1, len(options.file)}:
        needed = _("Boundaries are brought one file at a time; a mapping is given once, or once for each file.")
        print(f"kalantar: {say(needed)}", file=sys.stderr)
        return 2
    for path in options.file:
        if not path.is_file():
            raise Stop(_("There is no file %(path)s. Nothing was changed."), path=str(path))
    _real(options)
    from . import bringing

    return bringing.run(options)


def _analyse(options) -> int:
    if options.list or options.method:
        from .analysing import running

        if options.list:
            return running.listed()
        return running.run(options.method, ["--json", *options.rest] if options.json else options.rest)
    _real(options)
    from . import bringing

    return bringing.analyse(options)


def _doctor(options) -> int:
    if options.data:
        os.environ["KALANTAR_DATA"] = str(options.data)
    os.environ.setdefault("KALANTAR_DATA", str(home() / "data"))
    from . import gate

    found = environment()
    if gate.refusal(found):
        return gate.show(found, as_json=options.json)
    wake()
    from . import doctor

    return doctor.run(options)


def _backup(options) -> int:
    _real(options)
    from . import keeping

    return keeping.backup(options.file)


def _restore(options) -> int:
    _real(options)
    from . import keeping

    return keeping.restore(options.file)


def _verify(options) -> int:
    _real(options)
    from . import keeping

    return keeping.verify(options)


def _upgrade(options) -> int:
    _real(options)
    from . import keeping

    return keeping.upgrade()


def _bench(options) -> int:
    from . import benchmarks

    return benchmarks.run(options)


def _calibrate(options) -> int:
    from . import calibrating

    return calibrating.run(options)


def _pictures(options) -> int:
    if options.gallery:
        from . import gallery

        return gallery.run(options.out)
    from . import pictures

    return pictures.run(options)
