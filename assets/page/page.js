"use strict";
// Text from data is put down as text alone: nothing here makes markup of it.
function make(name, text, kind) {
  const node = document.createElement(name);
  if (text !== undefined) node.textContent = text;
  if (kind) node.className = kind;
  return node;
}
function shown(value) {
  return typeof value === "string" ? value : JSON.stringify(value);
}
function keys(path) {
  return path.split("/").slice(1).map((key) => key.replace(/~1/g, "/").replace(/~0/g, "~"));
}
function dotted(path) {
  return keys(path).join(".") || ".";
}
function at(state, path) {
  let value = state;
  for (const key of keys(path)) {
    if (value === null || typeof value !== "object" || !Object.hasOwn(value, key)) return undefined;
    value = value[key];
  }
  return value;
}
function put(object, key, value) {
  // A key may be one that objects have anyway.
  Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
}
function apply(state, [op, path, value]) {
  const steps = keys(path);
  const copy = value === undefined ? undefined : structuredClone(value);
  if (steps.length === 0) return op === "remove" ? {} : copy;
  const last = steps.pop();
  let inner = state;
  for (const key of steps) inner = inner[key];
  if (Array.isArray(inner)) {
    const place = Number(last);
    if (op === "remove") inner.splice(place, 1);
    else if (op === "add") inner.splice(place, 0, copy);
    else inner[place] = copy;
  } else if (op === "remove") delete inner[last];
  else put(inner, last, copy);
  return state;
}
function rows(value, path, into) {
  const inner = value !== null && typeof value === "object" ? Object.keys(value) : [];
  if (inner.length === 0) into.push([path, value]);
  for (const key of inner) rows(value[key], path + "/" + key.replace(/~/g, "~0").replace(/\//g, "~1"), into);
  return into;
}
function record(section, data) {
  const events = data.events;
  const kept = new Map([[0, {}]]);
  // The state behind so many events: from the nearest one that is kept.
  function state(count) {
    let from = count;
    while (!kept.has(from)) from -= 1;
    let value = structuredClone(kept.get(from));
    for (let i = from; i < count; i += 1) {
      if (events[i].s !== undefined) value = structuredClone(events[i].s);
      for (const change of events[i].c || []) value = apply(value, change);
      if ((i + 1) % 50 === 0) kept.set(i + 1, structuredClone(value));
    }
    return value;
  }
  // Which events changed a path, the oldest first; what has the whole state changed the path that is empty.
  const changed = new Map();
  events.forEach((one, i) => {
    for (const path of one.s !== undefined ? [""] : new Set((one.c || []).map((change) => change[1]))) {
      if (!changed.has(path)) changed.set(path, []);
      changed.get(path).push(i);
    }
  });
  // The newest of these before a place.
  function newest(all, count) {
    let [from, to] = [0, all.length];
    while (from < to) {
      const middle = (from + to) >> 1;
      if (all[middle] < count) from = middle + 1;
      else to = middle;
    }
    return from === 0 ? -1 : all[from - 1];
  }
  // Who last changed what: the newest event up to here that changed the path, or what it is in.
  function writer(path, count) {
    let last = -1;
    for (let end = path.length; end >= 0; end = end === 0 ? -1 : path.lastIndexOf("/", end - 1)) {
      const all = changed.get(path.slice(0, end));
      if (all !== undefined) last = Math.max(last, newest(all, count));
    }
    return last < 0 ? null : events[last];
  }
  // The rows of the state: those that say the same as before stay as they are, and those that are not needed are hidden.
  const table = make("div", undefined, "rows");
  function tell(row, texts, kind) {
    const line = table.children[row] || table.appendChild(make("div"));
    while (line.children.length < texts.length) line.append(make("span", undefined, line.children.length === 2 ? "dim" : ""));
    texts.forEach((text, i) => {
      if (line.children[i].textContent !== text) line.children[i].textContent = text;
    });
    if (line.className !== kind) line.className = kind;
    if (line.hidden) line.hidden = false;
  }
  const slider = section.querySelector("input");
  const [place, event, changes, now, list] = ["place", "event", "changes", "state", "events"].map((name) =>
    section.querySelector("." + name));
  slider.max = String(events.length);
  const lines = make("table");
  events.forEach((one, i) => {
    const line = make("tr");
    for (const text of ["v" + one.v, one.a, one.by || "", one.t, one.n ? "\u270e" : ""]) line.append(make("td", text));
    line.addEventListener("click", () => go(i + 1));
    lines.append(line);
  });
  list.replaceChildren(lines);
  now.replaceChildren(table);
  let marked = null;
  function go(count) {
    slider.value = String(count);
    const one = events[count - 1];
    place.textContent = one ? "v" + one.v + " of " + events[events.length - 1].v + ", #" + one.p : "before the first event";
    event.replaceChildren();
    changes.replaceChildren();
    const before = state(Math.max(count - 1, 0));
    const after = state(count);
    if (one) {
      event.append(make("h3", one.t), make("p", one.a + (one.by ? "  by " + one.by : "") + (one.why ? "  \u201c" + one.why + "\u201d" : "")));
      event.append(make("pre", JSON.stringify(one.d, null, 2)), make("p", one.h, "dim mono"));
      if (one.e) event.append(make("p", one.e, "error"));
      for (const note of one.n || []) event.append(make("p", note.text + "\n" + note.by + ", " + note.at, "note"));
      for (const [op, path, value] of one.c || []) {
        const old = at(before, path);
        const text = op === "add" ? "+ " + dotted(path) + "  " + shown(value)
          : op === "remove" ? "\u2212 " + dotted(path) + "  " + shown(old)
            : "~ " + dotted(path) + "  " + shown(old) + " \u2192 " + shown(value);
        changes.append(make("div", text, op + " mono"));
      }
      if (!changes.firstChild) changes.append(make("p", one.s === undefined ? "nothing" : "all of it", "dim"));
    }
    const told = rows(after, "", []);
    told.forEach(([path, value], row) => {
      const who = writer(path, count);
      tell(row, [dotted(path), shown(value), who ? "v" + who.v + (who.by ? " " + who.by : "") : ""], who && who === one ? "changed" : "");
    });
    for (let row = told.length; row < table.children.length && !table.children[row].hidden; row += 1) table.children[row].hidden = true;
    const here = lines.children[count - 1];
    if (marked) marked.classList.remove("here");
    if (here) here.classList.add("here");
    marked = here;
    if (here) list.scrollTop = here.offsetTop - list.offsetTop - list.clientHeight / 2;
  }
  slider.addEventListener("input", () => go(Number(slider.value)));
  go(data.at);
  return (by) => go(Math.min(events.length, Math.max(0, by === Infinity ? events.length : by === -Infinity ? 0 : Number(slider.value) + by)));
}
const moves = [...document.querySelectorAll("section.record")].map((section) =>
  record(section, JSON.parse(section.querySelector("script").textContent)));
document.addEventListener("keydown", (key) => {
  const by = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity }[key.key];
  // A slider that has the focus moves by itself.
  if (by === undefined || moves.length !== 1 || key.target instanceof HTMLInputElement) return;
  key.preventDefault();
  moves[0](by);
});
