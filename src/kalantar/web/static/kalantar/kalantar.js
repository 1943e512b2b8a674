/* Kalantar: what the keyboard, the map and the forms do better with a script. Every page works without it. */
"use strict";
(() => {
  const all = (query, root = document) => [...root.querySelectorAll(query)];
  const one = (query, root = document) => root.querySelector(query);
  const persian = document.documentElement.lang === "fa";
  const latin = text => text.replace(/[۰-۹٠-٩]/g, d => "0123456789"["۰۱۲۳۴۵۶۷۸۹٠١٢٣٤٥٦٧٨٩".indexOf(d) % 10]);
  const plain = text => latin(text).replace(/ي/g, "ی").replace(/ك/g, "ک").replace(/\u200c/g, " ").toLowerCase();
  const seen = element => !element.disabled && element.getClientRects().length > 0;
  const typing = element => element.matches("input:not([type=radio],[type=checkbox],[type=submit]),textarea,select,[contenteditable]");

  for (const element of all("[data-print],[data-open],[data-table-switch],[data-narrow],.zoom")) element.hidden = false;

  /* keys: by their place on the board, so that a Persian layout makes no difference */
  const keys = one("#keys");
  const openKeys = () => {
    if (!keys || keys.open) return;
    const list = one(".keylist", keys);
    for (const old of all("[data-own]", list)) old.remove();
    for (const element of all("[data-key]").filter(seen)) {
      const name = element.dataset.key, own = document.createElement("kbd");
      const dt = document.createElement("dt"), dd = document.createElement("dd");
      own.textContent = {BracketLeft: "[", BracketRight: "]"}[name] || name.replace("Key", "");
      if (own.textContent === "T") continue;
      dt.append(own);
      dd.textContent = (one("span:not(.hide)", element) || element).textContent.trim();
      for (const part of [dt, dd]) { part.dataset.own = ""; list.append(part); }
    }
    keys.showModal();
  };
  addEventListener("keydown", event => {
    if (event.key === "Escape") { closeMenus(null, true); if (event.target.matches("[data-focus]")) event.target.blur(); }
    if (event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey || event.repeat) return;
    if (typing(event.target) || one("dialog[open]")) return;
    if (event.key === "?" || event.key === "؟") { event.preventDefault(); openKeys(); return; }
    if (event.shiftKey) return;
    const field = all("[data-focus]").find(e => e.dataset.focus === event.code && seen(e));
    if (field) { event.preventDefault(); field.focus(); field.select?.(); return; }
    const press = all("[data-key]").find(e => e.dataset.key === event.code && seen(e));
    if (press) { event.preventDefault(); press.click(); }
  });
  for (const button of all("[data-open]")) button.addEventListener("click", openKeys);

  /* menus and picks */
  const closeMenus = (but, back) => {
    for (const open of all("details.menu[open],details.pick[open]")) {
      if (but && open.contains(but)) continue;
      const within = open.contains(document.activeElement);
      open.open = false;
      if (back && within) one("summary", open).focus();
    }
  };
  addEventListener("click", event => closeMenus(event.target));
  addEventListener("focusin", event => closeMenus(event.target));
  for (const menu of all("details.menu,details.pick")) {
    menu.addEventListener("toggle", () => { if (menu.open) one("[data-narrow]", menu)?.focus(); });
    menu.addEventListener("keydown", event => {
      const step = {ArrowDown: 1, ArrowUp: -1}[event.key];
      if (!step) return;
      event.preventDefault();
      menu.open = true;
      const stops = all("a,button,input", menu).filter(seen);
      const now = stops.indexOf(document.activeElement);
      stops[now < 0 ? (step > 0 ? 0 : stops.length - 1) : (now + step + stops.length) % stops.length]?.focus();
    });
  }
  for (const field of all("[data-narrow]")) field.addEventListener("input", () => {
    for (const item of all("li", field.parentElement)) item.hidden = !plain(item.textContent).includes(plain(field.value.trim()));
  });
  for (const field of all("[data-narrow]")) field.addEventListener("keydown", event => {
    const first = all("li:not([hidden]) a", field.parentElement)[0];
    if (event.key === "Enter" && first) { event.preventDefault(); first.click(); }
  });

  /* the same data as picture and as table */
  for (const press of all("[data-table-switch]")) {
    const show = table => {
      for (const view of all("[data-view]")) view.hidden = (view.dataset.view === "table") !== table;
      press.setAttribute("aria-pressed", table);
    };
    show(location.hash === "#table");
    press.addEventListener("click", () => show(press.getAttribute("aria-pressed") !== "true"));
  }

  /* linked views: what is touched in one is marked in all */
  const mark = event => {
    const link = event.target.closest?.("[data-link]")?.dataset.link;
    for (const old of all("[data-link].on")) if (old.dataset.link !== link) old.classList.remove("on");
    if (link) for (const same of all("[data-link]")) if (same.dataset.link === link) same.classList.add("on");
  };
  if (one("[data-link]")) { addEventListener("mouseover", mark); addEventListener("focusin", mark); }

  /* maps: buttons, keys, drag, two fingers, wheel with Ctrl */
  for (const box of all("[data-map]")) {
    const svg = one("svg", box), whole = svg.getAttribute("viewBox").split(" ").map(Number);
    let [x, y, w, h] = whole, moved = false;
    const fingers = new Map();
    const draw = () => {
      w = Math.min(whole[2], Math.max(whole[2] / 16, w)); h = w * whole[3] / whole[2];
      x = Math.min(whole[2] - w, Math.max(0, x)); y = Math.min(whole[3] - h, Math.max(0, y));
      svg.setAttribute("viewBox", [x, y, w, h].map(n => n.toFixed(1)).join(" "));
      svg.classList.toggle("live", w < whole[2] - 1);
      const size = w / whole[2];
      for (const text of all("text", svg)) text.setAttribute("transform", `translate(${text.getAttribute("x") * (1 - size)} ${text.getAttribute("y") * (1 - size)}) scale(${size})`);
      for (const dot of all("circle", svg)) { dot.setAttribute("transform", `translate(${dot.getAttribute("cx") * (1 - size)} ${dot.getAttribute("cy") * (1 - size)}) scale(${size})`); }
    };
    const at = event => {
      const frame = svg.getBoundingClientRect();
      return [x + (event.clientX - frame.left) / frame.width * w, y + (event.clientY - frame.top) / frame.height * h];
    };
    const zoom = (by, [cx, cy] = [x + w / 2, y + h / 2]) => {
      const to = Math.min(whole[2], Math.max(whole[2] / 16, w * by)), k = to / w;
      x = cx - (cx - x) * k; y = cy - (cy - y) * k; w = to;
      draw();
    };
    const pan = (dx, dy) => { x += dx; y += dy; draw(); };
    const reset = () => { [x, y, w, h] = whole; draw(); };
    for (const button of all("[data-zoom]", box)) button.addEventListener("click", () => ({in: () => zoom(.6), out: () => zoom(1 / .6), all: reset})[button.dataset.zoom]());
    svg.addEventListener("keydown", event => {
      const go = {ArrowLeft: () => pan(-w / 8, 0), ArrowRight: () => pan(w / 8, 0), ArrowUp: () => pan(0, -h / 8), ArrowDown: () => pan(0, h / 8),
        "+": () => zoom(.6), "=": () => zoom(.6), "-": () => zoom(1 / .6), "0": reset, "۰": reset}[event.key];
      if (go && !event.ctrlKey && !event.metaKey) { event.preventDefault(); event.stopPropagation(); go(); }
    });
    svg.addEventListener("wheel", event => { if (event.ctrlKey) { event.preventDefault(); zoom(event.deltaY > 0 ? 1.15 : 1 / 1.15, at(event)); } }, {passive: false});
    svg.addEventListener("pointerdown", event => { fingers.set(event.pointerId, event); moved = false; });
    svg.addEventListener("pointermove", event => {
      const last = fingers.get(event.pointerId);
      if (!last) return;
      const frame = svg.getBoundingClientRect();
      if (fingers.size === 1 && w < whole[2] - 1) {
        const dx = event.clientX - last.clientX, dy = event.clientY - last.clientY;
        if (!moved && Math.hypot(dx, dy) < 4) return;
        if (!moved) svg.setPointerCapture(event.pointerId);
        moved = true;
        pan(-dx / frame.width * w, -dy / frame.height * h);
      } else if (fingers.size === 2) {
        const other = [...fingers.values()].find(f => f.pointerId !== event.pointerId);
        const far = f => Math.hypot(f.clientX - other.clientX, f.clientY - other.clientY);
        moved = true;
        if (far(event) > 10) zoom(far(last) / far(event), at({clientX: (event.clientX + other.clientX) / 2, clientY: (event.clientY + other.clientY) / 2}));
      }
      fingers.set(event.pointerId, event);
    });
    for (const end of ["pointerup", "pointercancel", "pointerleave"]) svg.addEventListener(end, event => fingers.delete(event.pointerId));
    svg.addEventListener("click", event => { if (moved) { event.preventDefault(); event.stopPropagation(); moved = false; } }, true);
    svg.addEventListener("focusin", event => {   // a chosen shape outside the picture comes into it
      if (event.target === svg || w > whole[2] - 1 || !event.target.getBBox) return;
      const f = svg.getBoundingClientRect(), r = event.target.getBoundingClientRect();   // a group may have a scale of its own
      const b = {x: x + (r.left - f.left) / f.width * w, y: y + (r.top - f.top) / f.height * h, width: r.width / f.width * w, height: r.height / f.height * h};
      if (b.x < x || b.y < y || b.x + b.width > x + w || b.y + b.height > y + h) { x = b.x + b.width / 2 - w / 2; y = b.y + b.height / 2 - h / 2; draw(); }
    });
  }

  /* forms: sent once; digits in the page's own set; what was typed stays in this tab until it is saved */
  const digits = text => persian ? latin(text).replace(/[0-9]/g, d => "۰۱۲۳۴۵۶۷۸۹"[d]) : latin(text);
  for (const field of all("input[inputmode=numeric]:not([name=number])")) field.addEventListener("change", () => { field.value = digits(field.value); });
  addEventListener("submit", event => {
    const form = event.target;
    if (form.method === "dialog") return;
    if (form.dataset.sent && form.method === "post") { event.preventDefault(); return; }
    form.dataset.sent = "1";
    if (form.dataset.draft) sessionStorage.setItem(`sent:${form.dataset.draft}`, "1");
  });
  addEventListener("pageshow", () => { for (const form of all("form[data-sent]")) delete form.dataset.sent; });
  const kept = form => [...form.elements].filter(e => e.name && !["hidden", "password", "file", "submit", "button"].includes(e.type));
  for (const form of all("form[data-draft]")) {
    const name = `draft:${form.dataset.draft}`, note = one("[data-draft-note]", form);
    if (sessionStorage.getItem(`sent:${form.dataset.draft}`)) {
      sessionStorage.removeItem(`sent:${form.dataset.draft}`);
      sessionStorage.removeItem(name);
    }
    const before = JSON.parse(sessionStorage.getItem(name) || "null");
    if (before && !one(".summary", form)) {
      for (const field of kept(form)) {
        const value = before[field.name];
        if (value === undefined) continue;
        if (field.type === "radio" || field.type === "checkbox") field.checked = value.includes(field.value);
        else field.value = value[0];
      }
      if (note) note.hidden = false;
    }
    one("[data-draft-drop]", form)?.addEventListener("click", () => { sessionStorage.removeItem(name); form.reset(); note.hidden = true; });
    let timer;
    form.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        const now = {};
        for (const field of kept(form)) {
          if ((field.type === "radio" || field.type === "checkbox") && !field.checked) now[field.name] ||= [];
          else (now[field.name] ||= []).push(field.value);
        }
        sessionStorage.setItem(name, JSON.stringify(now));
      }, 300);
    });
  }
  for (const box of all(".pickfile")) {   // the browser's own words for a file are in the browser's language
    const input = one("input", box), told = one("bdi", box);
    const tell = () => { told.textContent = [...input.files].map(file => file.name).join("، ") || told.dataset.none; };
    input.addEventListener("change", tell);
    input.form?.addEventListener("reset", () => setTimeout(tell));
    addEventListener("pageshow", tell);
    box.classList.add("worded");
    one(".pickname", box).hidden = false;
    tell();
  }
  one("[data-focus-now]")?.focus();

  /* the desk locks itself when nobody is at it; every tab counts */
  const lock = document.body.dataset.lock && one(`form[action="${document.body.dataset.lock}"]`);
  if (lock) {
    const after = (Number(document.body.dataset.lockAfter) || 900) * 1000;
    const touch = () => localStorage.setItem("touched", Date.now());
    touch();
    for (const sign of ["pointerdown", "keydown"]) addEventListener(sign, touch, {passive: true});
    setInterval(() => { if (Date.now() - Number(localStorage.getItem("touched")) > after) lock.requestSubmit(); }, 15000);
  }

  /* work in progress is read again until it is done */
  const again = element => setTimeout(async () => {
    try {
      const answer = await fetch(element.dataset.again, {credentials: "same-origin"});
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-again]");
      if (!answer.ok || !fresh) { location.reload(); return; }
      element.replaceWith(fresh);
      again(fresh);
    } catch { again(element); }
  }, 1500);
  for (const element of all("[data-again]")) again(element);

  for (const button of all("[data-print]")) button.addEventListener("click", () => print());
})();
