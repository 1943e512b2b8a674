"""What every page of a story is held to, asked of the page as a browser lays it out."""

from __future__ import annotations

LAYOUT = """
(phone) => {
  const faults = [];
  const seen = (e) => {
    const box = e.getBoundingClientRect(), style = getComputedStyle(e);
    return box.width > 1 && box.height > 1 && style.visibility !== "hidden" && style.clipPath === "none" && !e.closest(
      "svg, .hide, details:not([open]) > :not(summary), [popover]:not(:popover-open), .skip, [data-view=table]:not(:target)");
  };
  const name = (e) => `<${e.tagName.toLowerCase()} ${e.className}> ${(e.innerText || e.value || e.name || "").trim().slice(0, 40)}`;
  const all = (query) => [...document.querySelectorAll(query)].filter(seen);
  const fixed = (e) => { for (; e; e = e.parentElement) if (["fixed", "sticky"].includes(getComputedStyle(e).position)) return true; };
  const wide = document.documentElement.clientWidth;

  // Nothing is cut off, and nothing reaches out of the window.
  for (const e of all("h1, h2, h3, button, .btn, label, summary")) {
    const box = e.getBoundingClientRect();
    const style = getComputedStyle(e);
    if (style.display !== "inline" && style.overflow !== "visible" && (e.scrollWidth > e.clientWidth + 1 || e.scrollHeight > e.clientHeight + 1))
      faults.push(`cut off: ${name(e)}`);
    if ((box.left < -0.5 || box.right > wide + 0.5) && !e.closest(".wrap, .steps")) faults.push(`out of the window: ${name(e)}`);
  }

  // Nothing lies upon another thing.
  const things = all("h1, h2, h3, button, a.btn, input:not([type=hidden]), select, textarea, .lines p, .lead, .finds p").filter((e) => !fixed(e));
  const boxes = things.map((e) => e.getBoundingClientRect());
  for (let i = 0; i < things.length; i++) for (let j = i + 1; j < things.length; j++) {
    if (things[i].contains(things[j]) || things[j].contains(things[i])) continue;
    const across = Math.min(boxes[i].right, boxes[j].right) - Math.max(boxes[i].left, boxes[j].left);
    const along = Math.min(boxes[i].bottom, boxes[j].bottom) - Math.max(boxes[i].top, boxes[j].top);
    if (across > 1.5 && along > 1.5) faults.push(`${name(things[i])} lies upon ${name(things[j])}`);
  }

  // What is pressed can be hit: 24 px everywhere, 48 px for buttons and fields on a phone. Words in a sentence are excepted.
  for (const e of all("a, button, input:not([type=hidden]), select, textarea, summary")) {
    const style = getComputedStyle(e), box = e.getBoundingClientRect();
    const label = e.labels && e.labels.length ? e.labels[0].getBoundingClientRect() : box;
    const high = Math.max(box.height, ["checkbox", "radio"].includes(e.type) ? label.height : 0);
    const across = Math.max(box.width, ["checkbox", "radio"].includes(e.type) ? label.width : 0);
    if (style.display === "inline" || e.closest("p, .crumbs")) continue;
    if (Math.min(high, across) < 23.5) faults.push(`only ${Math.round(across)} x ${Math.round(high)} px: ${name(e)}`);
    if (phone && e.matches("button, .btn, input:not([type=checkbox]):not([type=radio]), select, textarea") && high < 47.5)
      faults.push(`only ${Math.round(high)} px high on a phone: ${name(e)}`);
  }
  return faults;
}
"""


OUTSIDE = """
() => {
  const root = document.documentElement;
  if (root.scrollWidth <= root.clientWidth) return [];
  const out = (e) => { const box = e.getBoundingClientRect(); return box.width && (box.right > root.clientWidth + 0.5 || box.left < -0.5) };
  return [...document.body.querySelectorAll("*")].filter((e) => out(e) && !e.closest("svg, [popover], details:not([open]) > :not(summary)"))
    .map((e) => `${e.tagName.toLowerCase()}.${e.className} ${e.getAttribute("aria-label") || ""} ${(e.innerText || "").trim().slice(0, 30)}`).slice(-6);
}
"""


def hold(live, *, themes=("light", "dark")) -> None:
    """The page as it stands: not too wide, nothing cut off or covered, everything large enough, no fault of axe."""
    page = live.page
    page.wait_for_load_state("load")  # an element may be there before its stylesheet is
    phone = page.viewport_size["width"] < 600
    outside = page.evaluate(OUTSIDE)
    assert not outside, f"{page.url} at {page.viewport_size['width']} px is too wide: {outside}"
    faults = page.evaluate(LAYOUT, phone)
    assert not faults, f"{page.url} at {page.viewport_size['width']} px:\n  " + "\n  ".join(dict.fromkeys(faults))
    for theme in themes:
        page.emulate_media(color_scheme=theme)
        live.axe()
    page.emulate_media(color_scheme="light")
