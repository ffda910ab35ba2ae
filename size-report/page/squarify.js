// Divides a rectangle among weights, in pieces as close to squares as can be had in one pass (after Bruls, Huizing and
// van Wijk, "Squarified treemaps"). The weights are positive, the largest first. Rectangles are [x, y, width, height].
function squarify(weights, [x, y, width, height]) {
  const pieces = [];
  const scale = width * height / weights.reduce((sum, weight) => sum + weight, 0);
  let start = 0;
  while (start < weights.length) {
    const side = Math.min(width, height);
    // How oblong the worst piece of a row is: its first, or its last.
    const worst = (last, sum) =>
      Math.max(side * side * weights[start] * scale / (sum * sum), sum * sum / (side * side * weights[last] * scale));
    let end = start + 1;
    let sum = weights[start] * scale;
    while (end < weights.length && worst(end, sum + weights[end] * scale) <= worst(end - 1, sum)) {
      sum += weights[end++] * scale;
    }
    const depth = side > 0 ? sum / side : 0;
    let offset = 0;
    for (; start < end; start++) {
      const extent = depth > 0 ? weights[start] * scale / depth : 0;
      pieces.push(width < height ? [x + offset, y, extent, depth] : [x, y + offset, depth, extent]);
      offset += extent;
    }
    if (width < height) [y, height] = [y + depth, Math.max(0, height - depth)];
    else [x, width] = [x + depth, Math.max(0, width - depth)];
  }
  return pieces;
}
