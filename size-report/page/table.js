// The same as a table: all leaves below the root, or those that are found.

const table = document.getElementById("table");
const PAGE = 200; // rows that are shown at first, and added on demand

const COLUMNS = [
  { id: "bytes", title: "Bytes", value: (node, { now }) => now[node], show: number },
  { id: "share", title: "Share", value: (node, { now }) => now[node], show: (value, state) => share(value, images[state.image].memories[state.memory].bytes) },
  { id: "before", title: "Before", value: (node, { before }) => before?.[node], show: number, difference: true },
  { id: "change", title: "Change", value: (node, { now, before }) => now[node] - before?.[node], show: signed, difference: true },
  { id: "name", title: "Name", value: (node) => fullName(node), text: true },
  { id: "in", title: "In", value: (node) => pathTo(node).slice(1, -1).map(fullName).join(" › "), text: true },
];

function drawTable(state, measured, found) {
  const columns = COLUMNS.filter((column) => !column.difference || measured.before);
  const by = columns.find((column) => column.id === state.sort) ?? columns[0];
  const direction = state.ascending ? 1 : -1;
  const compare = (one, other) => {
    const [a, b] = [by.value(one, measured), by.value(other, measured)];
    return (a < b ? -1 : a > b ? 1 : 0) * direction || (fullName(one) < fullName(other) ? -1 : 1);
  };
  const rows = leaves(state.root, measured.weight).filter((node) => !found || found[node]).sort(compare);

  const heads = columns.map((column) => {
    const sort = column === by ? (state.ascending ? "ascending" : "descending") : "none";
    const button = element("button", { type: "button", dataset: { sort: column.id } }, column.title,
      element("span", { className: "arrow", ariaHidden: "true" }, sort === "ascending" ? " ▲" : sort === "descending" ? " ▼" : ""));
    const head = element("th", { scope: "col", className: column.text ? "" : "number" }, button);
    head.setAttribute("aria-sort", sort);
    return head;
  });
  const body = element("tbody", {});
  const add = () => {
    const shown = body.rows.length;
    body.append(...rows.slice(shown, shown + PAGE).map((node) => element("tr", { dataset: { node } }, ...columns.map((column) => {
      const value = column.value(node, measured);
      const classes = column.text ? "" : column.id === "change" ? `number ${colour(node, "", measured)}` : "number";
      return element(column.id === "name" ? "th" : "td", { className: classes }, column.show ? column.show(value, state) : value);
    }))));
    more.hidden = body.rows.length === rows.length;
    more.textContent = `Show more: ${number(rows.length - body.rows.length)} rows are left`;
  };
  const more = element("button", { type: "button", className: "more", onclick: add });
  add();
  const caption = element("caption", {}, `${captionOf(state)}: ${number(rows.length)} rows`);
  table.replaceChildren(element("table", {}, caption, element("thead", {}, element("tr", {}, ...heads)), body), more);
}

const captionOf = (state) => pathTo(state.root).map((node) => rootName(node, state)).join(" › ");
