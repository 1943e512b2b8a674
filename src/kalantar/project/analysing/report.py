"""One self-contained page: pictures, the figures, what they mean and do not mean, and the call that repeats them."""

from __future__ import annotations

import base64
import functools
import hashlib
from html import escape
from pathlib import Path

import numpy as np

from kalantar.analysis import drawing

from ..sentences import marked as _
from . import meanings, words

ROWS_SHOWN = 60
LONG = 48
DAYS = {"Scan": {"start", "end"}}  # figures that are days since 1970, by kind of result
FONT = Path(__file__).resolve().parents[2] / "web/static/kalantar/vazirmatn-400-800.woff2"

PAGE_STYLE = """
:root{color-scheme:light dark;--paper:#f4f6f5;--card:#fff;--ink:#14201f;--soft:#4d5c5a;--line:#d7dedb;--go:#0b596c}
@media (prefers-color-scheme:dark){:root{--paper:#0f1615;--card:#18211f;--ink:#e7eeec;--soft:#a9b7b4;--line:#2e3a38;--go:#80c9da}}
*{box-sizing:border-box}body{margin:0;background:var(--paper);color:var(--ink);font:17px/1.75 Vazirmatn,system-ui,sans-serif}
main{max-width:860px;margin:0 auto;padding:28px 16px 60px}h1{font-size:27px;line-height:1.4;margin:0 0 4px}
h2{font-size:19px;margin:0 0 8px}.lead{font-size:19px}section{background:var(--card);border:1px solid var(--line);
border-radius:12px;padding:18px 20px;margin:16px 0}figure{margin:12px 0;overflow-x:auto;direction:ltr}figure svg{min-width:560px;width:100%}
table{border-collapse:collapse;font-size:15px;width:100%}th,td{padding:6px 10px;border-bottom:1px solid var(--line);
text-align:start;vertical-align:top}th{color:var(--soft);font-weight:600}.wide{overflow-x:auto}code,pre{font:14px/1.6 ui-monospace,monospace;
direction:ltr;text-align:left;unicode-bidi:isolate}pre{white-space:pre-wrap;overflow-wrap:anywhere;background:var(--paper);
padding:10px 12px;border-radius:8px;margin:6px 0}.soft{color:var(--soft)}td.n{unicode-bidi:plaintext;text-align:left}[dir=rtl] td.n{text-align:right}
@media print{body{background:#fff}section{break-inside:avoid;border:0;padding:0}}
"""


def page(answer, *, say, language) -> str:
    """HTML of an answer (running.Answer). `say` translates a sentence or a word."""
    write = meanings.n
    tell = functools.partial(words.told, say=say)
    meaning, limits = answer.meaning
    parts = [
        f"<h1>{escape(say(answer.method.title))}</h1>",
        f'<p class="soft">{escape(say(answer.method.help))}</p>',
        _section(say("What it means"), "".join(f'<p class="lead">{escape(line)}</p>' for line in meaning)),
    ]
    drawn = [drawing.svg(p, say=tell, number=write, day=words.day, styled=False) for p in answer.result.pictures()]
    if drawn:
        parts.append(_section("", "".join(f"<figure>{one}</figure>" for one in drawn)))
    parts.append(_section(say("What it does not mean"), "".join(f"<p>{escape(line)}</p>" for line in limits)))
    dated = DAYS.get(type(answer.result).__name__, set())
    columns = {name: _days(values) if name in dated else values for name, values in answer.table().items()}
    table = _table(columns, say, tell, write)
    if table:
        parts.append(_section(say("The figures"), table))
    parts.append(_section(say("How it was reckoned"), _single(answer.result, say, tell, write)))
    parts.append(_section(say("From which data"), _files(answer, say, tell, write)))
    parts.append(
        _section(
            say("The call that repeats it"), f"<pre>{escape(answer.command)}</pre><pre>{escape(answer.call)}</pre>"
        )
    )
    direction = "rtl" if language == "fa" else "ltr"
    style = f"{_font()}{PAGE_STYLE}{drawing.STYLE}"
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode("ascii")
    return (
        f'<!doctype html><html lang="{language}" dir="{direction}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        '<meta http-equiv="Content-Security-Policy" '
        f"content=\"default-src 'none'; style-src 'sha256-{digest}'; font-src data:\">"
        f"<title>{escape(say(answer.method.title))}</title><style>{style}</style></head>"
        f"<body><main>{''.join(parts)}</main></body></html>\n"
    )


def _font():
    packed = base64.b64encode(FONT.read_bytes()).decode("ascii")
    return f'@font-face{{font-family:Vazirmatn;src:url(data:font/woff2;base64,{packed}) format("woff2");font-weight:400 800}}'


def _section(heading, body):
    title = f"<h2>{escape(heading)}</h2>" if heading else ""
    return f"<section>{title}{body}</section>" if body else ""


def _table(table, say, tell, write):
    if not table:
        return ""
    # whole sentences stand above; here they would only make the columns narrow
    names = [name for name in table if not any(len(str(v)) > LONG for v in table[name][:ROWS_SHOWN])]
    length = len(table[names[0]])
    rank = next((name for name in ("p_adjusted", "p_value") if name in table and length > ROWS_SHOWN), None)
    if rank:  # of a long table, what stands out most
        order = np.argsort(np.asarray(table[rank], float), kind="stable")
        table = {name: np.asarray(column)[order] for name, column in table.items()}
    head = "".join(f"<th>{escape(tell(name))}</th>" for name in names)
    rows = "".join(
        "<tr>" + "".join(f'<td class="n">{escape(_cell(table[name][i], tell, write))}</td>' for name in names) + "</tr>"
        for i in range(min(length, ROWS_SHOWN))
    )
    more = ""
    if length > ROWS_SHOWN:
        told = say(_("The first %(shown)s of %(all)s rows."), shown=write(ROWS_SHOWN), all=write(length))
        more = f'<p class="soft">{escape(told)}</p>'
    return f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>{more}'


def _single(result, say, tell, write):
    """Every single figure and convention of the result."""
    from dataclasses import fields

    rows = []
    for one in fields(result):
        value = getattr(result, one.name)
        if one.name in DAYS.get(type(result).__name__, set()):
            value = _days(value)
        if value is None or isinstance(value, (bool, int, float, str, np.generic)):
            if value is not None and value != "":
                rows.append((one.name, _cell(value, tell, write)))
        elif (
            isinstance(value, (tuple, list))
            and len(value) <= 12
            and all(isinstance(v, (int, float, str)) for v in value)
        ):
            rows.append((one.name, say(meanings.AND).join(_cell(v, tell, write) for v in value)))
    body = "".join(f'<tr><th>{escape(tell(name))}</th><td class="n">{escape(v)}</td></tr>' for name, v in rows)
    return f'<div class="wide"><table><tbody>{body}</tbody></table></div>' if body else ""


def _files(answer, say, tell, write):
    rows = []
    for told in answer.files:
        left = say(meanings.AND).join(f"{tell(why)}: {write(n)}" for why, n in told["left_out"].items()) or "–"
        columns = say(meanings.AND).join(_column(role, name, tell) for role, name in told["columns"].items())
        rows.append(
            f"<tr><td><bdi>{escape(told['file'])}</bdi></td><td>{escape(write(told['used']))} / "
            f"{escape(write(told['rows']))}</td><td>{columns}</td><td>{escape(left)}</td>"
            f"<td><code>{told['sha256'][:16]}</code></td></tr>"
        )
    names = ("File", "Rows used", "Columns", "Left out", "Digest")
    head = "".join(f"<th>{escape(tell(name))}</th>" for name in names)
    system = (
        f'<p class="soft">{escape(tell("Coordinates"))}: <bdi>{escape(tell(answer.frame))}</bdi></p>'
        if answer.frame
        else ""
    )
    return (
        f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{"".join(rows)}</tbody></table></div>{system}'
    )


def _column(role, name, tell):
    order, _of, of = role.partition("order of ")
    if of and not order:  # what the dates of a column were taken for
        return f"{escape(tell('order'))} <bdi>{escape(of)}</bdi>: {escape(tell(name))}"
    return f"{escape(tell(role))}: <bdi>{escape(tell('geometry') if name == 'geometry' else name)}</bdi>"


def _days(values):
    return np.floor(np.asarray(values, float)).astype("datetime64[D]")[()]


def _cell(value, tell, write):
    if value is None:
        return "–"
    if isinstance(value, (bool, np.bool_)):
        return tell("yes" if value else "no")
    if isinstance(value, (int, float, np.integer, np.floating)):
        return write(float(value))
    if isinstance(value, np.datetime64):
        return words.day(value)
    return tell(str(value))
