// What the reader chose, and what is done then.

const state = {
  image: 0, memory: 0, view: 0, difference: "none", only: false, show: "map", search: "",
  root: 0, // the node that fills the map
  focus: -1, // the node that the keyboard is on
  details: -1, // the leaf that is looked at closely
  sort: "bytes", ascending: false,
};
const controls = document.getElementById("controls");
const tip = document.getElementById("tip");
const byId = (id) => document.getElementById(id);

let measured, found;

// The root of a view has the name of its image.
const rootName = (node, state) => node < VIEWS ? `${images[state.image].name}, ${["flash", "RAM"][state.memory]}` : fullName(node);

// Everything anew: figures, then what shows them.
function update() {
  measured = measure(state);
  found = state.search ? find(state.search) : null;
  drawCards();
  drawPath();
  drawFound();
  drawView();
  remember();
}

function drawView() {
  hideTip();
  map.hidden = state.show !== "map";
  table.hidden = state.show !== "table";
  byId("keys").hidden = map.hidden;
  byId("legend").hidden = state.difference === "none";
  byId("only").hidden = state.difference === "none";
  drawDetails();
  if (state.show === "map") drawMap(state, measured, found);
  else drawTable(state, measured, found);
}

// ---- images: a card for each, with its budgets

// An image's name, and for each memory a bar: what it adds, and a line where its budget is.
function card(image, index) {
  const memories = image.memories.map((size, memory) => {
    const added = size.added ?? size.bytes;
    const before = size.added === null ? size.before : size.added_before;
    const over = size.budget !== null && added > size.budget;
    const scale = Math.max(added, size.budget ?? 0) * 1.04;
    const bar = element("span", { className: `budget ${over ? "over" : ""}`, ariaHidden: "true" },
      element("span", { className: "fill", style: { width: `${Math.max(0, added) * 100 / scale}%` } }),
      ...(size.budget === null ? [] : [element("span", { className: "rule", style: { left: `${size.budget * 100 / scale}%` } })]));
    const text = [element("b", {}, `${size.added === null ? "" : added < 0 ? "\u2212" : "+"}${number(added)}`)];
    if (size.budget !== null) text.push(over ? ` over ${number(size.budget)} by ${number(added - size.budget)}` : ` of ${number(size.budget)}`);
    const change = before === null ? null : added - before;
    if (change !== null && data.older) text.push(element("span", { className: `change ${change > 0 ? "grew" : change < 0 ? "shrank" : "same"}` }, change ? signed(change) : "same"));
    return element("span", { className: "memory" }, element("span", { className: "which" }, ["Flash", "RAM"][memory]), element("span", { className: `text ${over ? "over" : ""}` }, ...text), bar);
  });
  const input = element("input", { type: "radio", name: "image", value: index, checked: index === state.image });
  return element("label", { className: "card" }, input, element("span", { className: "face" },
    element("strong", {}, image.name, ...(image.memories[0].added === null ? [" ", element("small", {}, "whole image")] : [])), ...memories));
}

function drawCards() {
  const box = byId("images");
  if (box.querySelector("label")) return;
  box.append(...images.map(card));
}

// ---- where we are, and what is found

function drawPath() {
  const path = pathTo(state.root);
  const whole = images[state.image].memories[state.memory].bytes;
  byId("path").replaceChildren(...path.flatMap((node, index) => {
    const last = index === path.length - 1;
    const step = element(last ? "strong" : "button", last ? {} : { type: "button", dataset: { open: node } }, rootName(node, state));
    return index ? [" › ", step] : [step];
  }), element("span", { className: "total" }, ` ${describe(state.root, measured, state)}`));
  byId("path").querySelector(".total").title = `of ${bytes(whole)}`;
}

function drawFound() {
  const all = leaves(state.root, measured.weight);
  const hits = found ? all.filter((node) => found[node]) : [];
  const sum = hits.reduce((sum, node) => sum + measured.now[node], 0);
  const change = measured.before ? hits.reduce((sum, node) => sum + measured.now[node] - measured.before[node], 0) : 0;
  byId("found").textContent = !found ? "" :
    `${number(hits.length)} of ${number(all.length)} match: ${bytes(sum)}, ${share(sum, measured.now[state.root])} of what is shown` +
    (measured.before ? `, ${signed(change)}` : "");
}

// ---- one leaf, closely

function drawDetails() {
  const details = byId("details");
  const leaf = state.details;
  details.hidden = leaf < 0 || state.show !== "map";
  if (details.hidden) return;
  // Of a linked function, what was inlined into it; of all others, the linked functions that they are in.
  const other = state.view === 0 ? 1 : 0;
  const parts = composition(leaf, state.image, state.memory, state.view, other);
  const rows = parts.slice(0, 40).map(([node, sum]) => element("li", { title: fullName(node) }, element("b", {}, number(sum)), " ", shortName(node)));
  // Nobody wrote the calls of the compiler's runtime.
  const callers = images[state.image].callers[nodes.name[leaf]];
  details.replaceChildren(
    element("button", { type: "button", className: "close", ariaLabel: "Close", dataset: { close: "" } }, "×"),
    element("h2", {}, fullName(leaf)),
    element("p", {}, describe(leaf, measured, state)),
    ...(locationOf(leaf) ? [element("p", { className: "location" }, locationOf(leaf))] : []),
    ...(callers ? [element("h3", {}, "Called from"), element("ul", {}, ...callers.map(([name, calls]) => element("li", { title: names.full[name] }, element("b", {}, `${calls}\u00d7`), " ", names.short[name] || names.full[name])))] : []),
    element("h3", {}, state.view === 0 ? "Written in" : "Linked into"),
    element("ul", {}, ...rows, ...(parts.length > 40 ? [element("li", {}, `and ${parts.length - 40} more`)] : [])));
}

// ---- the tooltip

function showTip(tile, x, y) {
  const node = Number(tile.dataset.node);
  const lines = tile.dataset.rest
    ? [element("b", {}, `${tile.dataset.rest} smaller ones in ${rootName(node, state)}`), bytes(Number(tile.dataset.bytes)), "The table has them all."]
    : [element("b", {}, fullName(node)), pathTo(node).slice(0, -1).map((step) => rootName(step, state)).join(" › "),
      describe(node, measured, state), ...(locationOf(node) ? [locationOf(node)] : [])];
  tip.replaceChildren(...lines.map((line) => element("div", {}, line)));
  tip.hidden = false;
  const [width, height] = [tip.offsetWidth, tip.offsetHeight];
  tip.style.left = `${Math.max(4, Math.min(x + 14, innerWidth - width - 4))}px`;
  tip.style.top = `${y + 18 + height > innerHeight ? Math.max(4, y - height - 10) : y + 18}px`;
}

const hideTip = () => { tip.hidden = true; };

// ---- what the reader does

function open(node) {
  if (isGroup(node)) {
    // Going out, the keyboard stays on what was left.
    state.focus = isWithin(state.root, node) && state.root !== node ? pathTo(state.root)[pathTo(node).length] : -1;
    [state.root, state.details] = [node, -1];
    update();
  } else {
    [state.focus, state.details] = [node, state.details === node ? -1 : node];
    drawView();
  }
}

const out = () => { if (state.root >= VIEWS) open(nodes.parent[state.root]); };

controls.addEventListener("input", ({ target }) => {
  const { name, value, checked } = target;
  if (["image", "memory", "view"].includes(name)) {
    state[name] = Number(value);
    // A place in another view is another node; in another image it is the same, if there is anything in it.
    if (name === "view") state.root = state.view;
    state.details = -1;
    if (name !== "view" && !(measure(state).weight[state.root] > 0)) state.root = state.view;
  } else state[name] = name === "only" ? checked : value;
  update();
});
controls.addEventListener("submit", (event) => event.preventDefault());

document.addEventListener("click", ({ target }) => {
  const step = target.closest("[data-open], [data-sort], [data-close]");
  if (step?.dataset.open) open(Number(step.dataset.open));
  if (step?.dataset.sort) {
    // Figures from the largest on, names from A on; a second time the other way round.
    state.ascending = state.sort === step.dataset.sort ? !state.ascending : ["name", "in"].includes(step.dataset.sort);
    state.sort = step.dataset.sort;
    drawView();
    table.querySelector(`[data-sort="${state.sort}"]`).focus();
  }
  if (step && "close" in step.dataset) open(state.details);
});

map.addEventListener("click", ({ target }) => {
  const tile = target.closest(".tile");
  if (tile) open(Number(tile.dataset.node));
});
map.addEventListener("pointermove", ({ target, clientX, clientY }) => {
  const tile = target.closest(".tile");
  if (tile) showTip(tile, clientX, clientY);
  else hideTip();
});
map.addEventListener("pointerleave", hideTip);
map.addEventListener("focusin", ({ target }) => {
  for (const tile of map.querySelectorAll('[tabindex="0"]')) tile.tabIndex = -1;
  target.tabIndex = 0;
  state.focus = target.classList.contains("rest") ? -1 : Number(target.dataset.node);
  // A click has a pointer, and the tooltip is there.
  if (!target.matches(":focus-visible")) return;
  const { left, bottom } = target.getBoundingClientRect();
  showTip(target, left, Math.min(bottom, innerHeight) - 18);
});
map.addEventListener("focusout", hideTip);

document.addEventListener("keydown", (event) => {
  const { key, target } = event;
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const typing = target.matches("input[type=search]");
  const tile = target.closest("#map .tile");
  if (key === "/" && !typing) byId("search").focus();
  else if (key === "Escape" && !tip.hidden) return hideTip();
  else if (key === "Escape" && typing) [byId("search").value, state.search] = ["", ""], update();
  else if (key === "Escape" && state.details >= 0) open(state.details);
  else if ((key === "Backspace" || key === "Escape") && !typing) out();
  else if (tile && (key === "Enter" || key === " ")) open(Number(tile.dataset.node));
  else if (tile && neighbour(tile, key)) neighbour(tile, key).focus({ preventScroll: true });
  else return;
  event.preventDefault();
});

// ---- a link to what is shown: page.html#image=complete&view=1&search=queue

const DEFAULTS = { memory: "0", view: "0", difference: "none", only: "false", show: "map", search: "" };

function remember() {
  const parts = new URLSearchParams({ image: images[state.image].name });
  for (const [name, value] of Object.entries(DEFAULTS)) if (String(state[name]) !== value) parts.set(name, state[name]);
  history.replaceState(null, "", `#${parts}`);
}

function recall() {
  const parts = new URLSearchParams(location.hash.slice(1));
  const image = images.findIndex(({ name }) => name === parts.get("image"));
  // The one that changed most since the older report, or else the largest.
  const flash = (index) => images[index].memories[0];
  const change = (index) => data.older && flash(index).before !== null ? Math.abs(flash(index).bytes - flash(index).before) : 0;
  const larger = (one, other) => (change(other) - change(one) || flash(other).bytes - flash(one).bytes) > 0 ? other : one;
  state.image = image >= 0 ? image : images.map((_, index) => index).reduce(larger);
  for (const name of ["memory", "view", "difference", "show"]) {
    const choice = controls.querySelector(`[name="${name}"][value="${CSS.escape(parts.get(name) ?? "")}"]`);
    if (choice && !choice.closest("[hidden]")) choice.checked = true;
    const value = controls.elements[name].value;
    state[name] = ["memory", "view"].includes(name) ? Number(value) : value;
  }
  state.only = controls.elements.only.checked = parts.get("only") === "true";
  state.search = controls.elements.search.value = parts.get("search") ?? "";
  state.root = state.view;
}

// ---- at the beginning

byId("toolchain").textContent = data.toolchain;
byId("from-older").hidden = !data.older;
if (data.older) controls.querySelector('[value="older"]').checked = true;
if (!data.same_toolchain) {
  byId("warning").textContent = `The older report was made with another toolchain or other settings (${data.older}): differences may come from there.`;
  byId("warning").hidden = false;
}
byId("legend").append(...["grew", "shrank", "same"].map((name) => element("span", {}, element("span", { className: `sample ${name}` }, { grew: "+", shrank: "\u2212", same: "=" }[name]), ` ${name}`)));
recall();
update();
new ResizeObserver(() => { if (state.show === "map") drawMap(state, measured, found); }).observe(map);
document.documentElement.dataset.ready = performance.now().toFixed(0);
