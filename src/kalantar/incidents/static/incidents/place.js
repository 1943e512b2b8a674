/* Choosing the place of an event on the map: the press fills in the coordinates and the beat of the form beside it. */
"use strict";
(() => {
  const box = document.querySelector("[data-choose-place]"), form = document.querySelector("form[data-draft]");
  if (!box || !form) return;
  const [left, top, width] = box.dataset.choosePlace.split(" ").map(Number), svg = box.querySelector("svg");
  const persian = document.documentElement.lang === "fa";
  const shown = n => persian ? n.toFixed(6).replace(".", "٫").replace(/[0-9]/g, d => "۰۱۲۳۴۵۶۷۸۹"[d]) : n.toFixed(6);
  box.addEventListener("click", event => {
    const link = event.target.closest("a[data-link^=beat-]");
    if (!link) return;
    event.preventDefault();
    form.elements.beat.value = link.dataset.link.slice(5);
    const at = event.detail ? svg.createSVGPoint() : null;   // a key press chooses the beat alone
    if (at) {
      at.x = event.clientX; at.y = event.clientY;
      const place = at.matrixTransform(svg.getScreenCTM().inverse()), whole = svg.dataset.width || 800;
      const x = left + place.x / whole * width, y = top + place.y / whole * width;
      form.elements.lon.value = shown(x / 6378137 * 180 / Math.PI);
      form.elements.lat.value = shown(Math.atan(Math.sinh(-y / 6378137)) * 180 / Math.PI);
      mark(place.x, place.y);
      form.querySelector("details.more").open = true;
    } else form.elements.lon.value = form.elements.lat.value = "";
    form.dispatchEvent(new Event("input"));
  });
  const mark = (x, y) => {
    const dot = svg.querySelector(".chosen") || svg.appendChild(document.createElementNS("http://www.w3.org/2000/svg", "circle"));
    dot.setAttribute("class", "dot chosen on");
    dot.setAttribute("cx", x); dot.setAttribute("cy", y); dot.setAttribute("r", 9);
  };
})();
