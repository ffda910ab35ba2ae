"use strict";

// The data, and what each node of the tree adds up to.
//
// Nodes are numbers. `nodes.parent[n]` is smaller than `n`; the first ones are the roots, one for each view.

const data = JSON.parse(document.getElementById("data").textContent);
const { names, nodes, images } = data;
const VIEWS = 5;

// Columns of an image's rows, before the one for each view.
const [MEMORY, NOW, BEFORE, PLACES] = [0, 1, 2, 3];

const children = nodes.parent.map(() => []);
for (let node = VIEWS; node < nodes.parent.length; node++) children[nodes.parent[node]].push(node);

const fullName = (node) => names.full[nodes.name[node]];
const shortName = (node) => names.short[nodes.name[node]] || fullName(node);
const locationOf = (node) => names.full[nodes.location[node]];
const isGroup = (node) => children[node].length > 0;

// The nodes from the root of its view to a node, both included.
function pathTo(node) {
  const path = [node];
  while (path[0] >= VIEWS) path.unshift(nodes.parent[path[0]]);
  return path;
}

function isWithin(node, ancestor) {
  while (node > ancestor) node = nodes.parent[node];
  return node === ancestor;
}

// One column of an image's rows, added up for each node.
function sums(image, memory, view, column) {
  const sums = new Float64Array(nodes.parent.length);
  for (const row of image.rows) if (row[MEMORY] === memory) sums[row[PLACES + view]] += row[column];
  return sums;
}

// Adds what leaves have to all that they are in.
function nest(sums) {
  for (let node = sums.length - 1; node >= VIEWS; node--) sums[nodes.parent[node]] += sums[node];
  return sums;
}

// What is shown: for each node its bytes now and before, and its weight, which is the area that it gets. Without a
// difference nothing was before. With one, what is gone has the area that it had; or, if only changes count, what changed.
function measure({ image, memory, view, difference, only }) {
  const now = sums(images[image], memory, view, NOW);
  if (difference === "none") return { now: nest(now), before: null, weight: now };
  const baseline = images[images.length - 1];
  const before = difference === "older" ? sums(images[image], memory, view, BEFORE) : sums(baseline, memory, view, NOW);
  const weigh = only ? (node) => Math.abs(now[node] - before[node]) : (node) => Math.max(now[node], before[node]);
  const weight = now.map((_, node) => weigh(node));
  return { now: nest(now), before: nest(before), weight: nest(weight) };
}

// Whether each node is found: it, or what it is in, has the text in its name.
function find(text) {
  const wanted = text.toLowerCase();
  names.lower ??= names.full.map((name) => name.toLowerCase());
  const hasIt = names.lower.map((name) => name.includes(wanted));
  const found = new Uint8Array(nodes.parent.length);
  for (let node = VIEWS; node < found.length; node++) {
    found[node] = found[nodes.parent[node]] || hasIt[nodes.name[node]] ? 1 : 0;
  }
  return found;
}

// The nodes that bytes are in, below a node.
function leaves(root, weight) {
  const leaves = [];
  const walk = (node) => {
    if (!(weight[node] > 0)) return;
    if (isGroup(node)) children[node].forEach(walk);
    else leaves.push(node);
  };
  walk(root);
  return leaves;
}

// What one leaf is made of in another view: pairs of a node and its bytes, the largest first.
function composition(leaf, image, memory, view, other) {
  const parts = new Map();
  for (const row of images[image].rows) {
    if (row[MEMORY] !== memory || row[PLACES + view] !== leaf || row[NOW] === 0) continue;
    const node = row[PLACES + other];
    parts.set(node, (parts.get(node) ?? 0) + row[NOW]);
  }
  return [...parts].sort((one, other) => other[1] - one[1]);
}

// 12345 as 12 345, with spaces that do not break.
const number = (value) => String(Math.abs(value)).replace(/\B(?=(\d{3})+$)/g, "\u202f");
const bytes = (value) => `${number(value)} byte${value === 1 ? "" : "s"}`;
const signed = (value) => `${value > 0 ? "+" : value < 0 ? "\u2212" : "\u00b1"}${number(value)}`;
const share = (part, whole) => `${whole > 0 ? (part * 100 / whole).toFixed(1) : "0.0"}\u202f%`;

// An element with properties and what is in it. Names come into the page as text only.
function element(tag, properties, ...content) {
  const { dataset, style, ...others } = properties ?? {};
  const made = Object.assign(document.createElement(tag), others);
  Object.assign(made.dataset, dataset);
  for (const [name, value] of Object.entries(style ?? {})) made.style.setProperty(name, value);
  made.append(...content);
  return made;
}
