// The treemap: tiles in groups in groups. It draws as deep as there is room for names.

const map = document.getElementById("map");

const HEADER = 19; // height of a group's name
const GAP = 2; // between tiles, and around those of a group
const GROUP = [64, HEADER + 22]; // the least width and height of a group that shows what is in it
const TILE = 48; // the least area of a tile: smaller ones share one
const LINE = 15; // height of a line of text in a tile
const LETTER = 8; // about the width of a digit or a sign, in wide fonts

function drawMap(state, measured, found) {
  const focused = map.contains(document.activeElement);
  const width = map.clientWidth, height = map.clientHeight;
  const tiles = document.createDocumentFragment();

  // Hues go to the largest of all images, so that they stay when another is shown.
  const everywhere = colourWeights(state.view);
  const ranked = sorted(state.root, everywhere);
  const hues = new Map(ranked.map((node, rank) => [node, rank < 8 ? `hue-${rank + 1}` : "hue-0"]));

  const place = (parent, rectangle, level, hue) => {
    const [pieces, rest] = split(sorted(parent, measured.weight), measured.weight, rectangle);
    squarify(pieces.map(([, weight]) => weight), rectangle).forEach((piece, index) => {
      const [node] = pieces[index];
      const inside = [piece[0] + GAP / 2, piece[1] + GAP / 2, Math.max(1, piece[2] - GAP), Math.max(1, piece[3] - GAP)];
      const own = level === 1 ? hues.get(node) ?? "hue-0" : hue;
      const set = { level, position: index + 1, of: pieces.length };
      if (node === null) tiles.append(restTile(parent, rest, inside, own, set));
      else if (isGroup(node) && inside[2] >= GROUP[0] && inside[3] >= GROUP[1]) {
        tiles.append(tile(node, inside, "group", own, set));
        const [x, y, w, h] = inside;
        place(node, [x + GAP, y + HEADER, w - 2 * GAP, h - HEADER - GAP], level + 1, own);
      } else tiles.append(tile(node, inside, "leaf", own, set));
    });
  };

  // Places are in percent, so that the map can be printed at any size.
  const percent = (value, whole) => `${(value * 100 / whole).toFixed(3)}%`;
  const box = ([x, y, w, h]) => ({
    left: percent(x, width), top: percent(y, height), width: percent(w, width), height: percent(h, height),
  });

  const tile = (node, rectangle, shape, hue, { level, position, of }) => {
    const made = element("div", {
      className: `tile ${shape} ${colour(node, hue, measured)} ${shape === "leaf" ? mark([node], found, measured.weight) : ""}`,
      role: "treeitem", tabIndex: -1, style: box(rectangle),
      dataset: { node },
    });
    made.setAttribute("aria-level", level);
    made.setAttribute("aria-posinset", position);
    made.setAttribute("aria-setsize", of);
    if (isGroup(node)) made.setAttribute("aria-expanded", shape === "group");
    made.setAttribute("aria-label", `${fullName(node)}: ${describe(node, measured, state)}`);
    label(made, shortName(node), figures(node, measured), shape, rectangle);
    return made;
  };

  const restTile = (parent, rest, rectangle, hue, set) => {
    const sum = rest.reduce((sum, node) => sum + measured.now[node], 0);
    const made = element("div", {
      className: `tile leaf rest ${measured.before ? "same" : hue} ${mark(rest, found, measured.weight)}`,
      role: "treeitem", tabIndex: -1, style: box(rectangle), dataset: { node: parent, rest: rest.length, bytes: sum },
    });
    made.setAttribute("aria-level", set.level);
    made.setAttribute("aria-posinset", set.position);
    made.setAttribute("aria-setsize", set.of);
    made.setAttribute("aria-label", `${rest.length} smaller ones: ${bytes(sum)}`);
    label(made, `${rest.length} smaller`, [number(sum)], "leaf", rectangle);
    return made;
  };

  if (width && height) place(state.root, [0, 0, width, height], 1, "hue-0");
  if (!tiles.childNodes.length) tiles.append(element("p", { className: "empty" }, measured.before ? "Nothing changed." : "There is nothing here."));
  map.replaceChildren(tiles);
  // One tile can be reached with the tab key, and from it the others with arrows.
  const current = tileOf(state.focus) ?? map.firstElementChild;
  if (current.dataset.node) current.tabIndex = 0;
  if (focused) current.focus({ preventScroll: true });
}

const tileOf = (node) => map.querySelector(`[data-node="${node}"]:not(.rest)`);

const weightsOfViews = [];
function colourWeights(view) {
  weightsOfViews[view] ??= nest(images.reduce((sum, image) => {
    for (const row of image.rows) sum[row[PLACES + view]] += row[NOW];
    return sum;
  }, new Float64Array(nodes.parent.length)));
  return weightsOfViews[view];
}

// The children of a node that weigh something, the heaviest first.
function sorted(node, weight) {
  const some = children[node].filter((child) => weight[child] > 0);
  return some.sort((one, other) => weight[other] - weight[one] || (fullName(one) < fullName(other) ? -1 : 1));
}

// Pairs of a node that gets a tile of its own and its weight, the heaviest first; and those that are too small for that.
// They have a tile together, a pair without a node.
function split(all, weight, [, , width, height]) {
  const total = all.reduce((sum, node) => sum + weight[node], 0);
  const least = TILE * total / (width * height);
  const count = all.findIndex((node) => weight[node] < least);
  const pieces = all.map((node) => [node, weight[node]]);
  // A single one takes no more room than the tile for it would.
  if (count < 0 || count === all.length - 1) return [pieces, []];
  const rest = pieces.splice(count).reduce((sum, [, weight]) => sum + weight, 0);
  const place = pieces.findIndex(([, weight]) => weight < rest);
  pieces.splice(place < 0 ? pieces.length : place, 0, [null, rest]);
  return [pieces, all.slice(count)];
}

function colour(node, hue, { now, before }) {
  if (!before) return hue;
  const gone = now[node] === 0 ? " gone" : before[node] === 0 ? " new" : "";
  return (now[node] > before[node] ? "grew" : now[node] < before[node] ? "shrank" : "same") + gone;
}

// Whether what a tile stands for is found, or part of it.
function mark(some, found, weight) {
  return !found ? "" : some.some((node) => leaves(node, weight).some((leaf) => found[leaf])) ? "hit" : "miss";
}

// The figures that a tile may have, the longest first: it gets one that fits, whole. A difference has its sign, since not
// everybody sees the colour.
function figures(node, { now, before }) {
  if (!before || now[node] === before[node]) return [number(now[node])];
  const difference = signed(now[node] - before[node]);
  if (now[node] === 0) return [`${difference} gone`, difference];
  if (before[node] === 0) return [`${difference} new`, difference];
  return [`${number(now[node])} ${difference}`, difference];
}

// A tile's text: as many lines as there is room for, or upright, or none.
function label(tile, name, figures, shape, [, , width, height]) {
  const fitting = figures.find((figure) => figure.length * LETTER + 8 <= width);
  const upright = shape === "leaf" && width < 56 && height > 1.5 * width && height >= 60;
  if (width < LINE + 2 || height < LINE + 2 || !upright && width < 38) return;
  const text = element("span", { className: "name" });
  tile.append(text);
  tile.classList.add("labelled");
  // Where the first part of a path is too long for a line, the last one says more.
  if (shape === "leaf" && !upright && (name.search(/::|$/) + 2) * LETTER + 8 > width) name = name.replace(/^.*::(?=[^{])/, "");
  if (shape === "group" || upright) text.textContent = name;
  // Names may break after each part of their path.
  else name.split(/(?<=::|[/_])/).forEach((part, index) => text.append(...(index ? [element("wbr"), part] : [part])));
  if (upright) return tile.classList.add("upright");
  const withFigure = fitting && (shape === "group" ? width >= 90 : height >= 2 * LINE + 2);
  if (withFigure) tile.append(element("span", { className: "figure" }, fitting));
  text.style.setProperty("--lines", Math.max(1, Math.floor((height - 3) / LINE) - (withFigure ? 1 : 0)));
}

// What a tile says to those who do not see it, in full.
function describe(node, { now, before }, state) {
  const parts = [bytes(now[node]), share(now[node], images[state.image].memories[state.memory].bytes)];
  if (before) {
    const change = now[node] - before[node];
    parts.push(change === 0 ? "unchanged" : `${signed(change)}, ${bytes(before[node])} before`);
  }
  return parts.join(", ");
}

// The tile that an arrow key leads to.
function neighbour(tile, key) {
  const tiles = [...map.querySelectorAll(".tile")];
  const level = (one) => Number(one.getAttribute("aria-level"));
  const index = tiles.indexOf(tile);
  const step = (direction) => {
    for (let at = index + direction; tiles[at] && level(tiles[at]) >= level(tile); at += direction) {
      if (level(tiles[at]) === level(tile)) return tiles[at];
    }
  };
  if (key === "ArrowRight") return step(1);
  if (key === "ArrowLeft") return step(-1);
  if (key === "ArrowDown") return tiles[index + 1] && level(tiles[index + 1]) > level(tile) ? tiles[index + 1] : undefined;
  if (key === "ArrowUp") return tiles.slice(0, index).reverse().find((one) => level(one) < level(tile));
  if (key === "Home") return tiles[0];
  if (key === "End") return tiles.at(-1);
}
