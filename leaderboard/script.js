// Sort a table by a column, and show only some methods. Without script every table is there, whole, in its default order.
"use strict";
const number = (row, column) => {
  const text = row.cells[column].textContent.trim().replace("−", "-");
  return [text, parseFloat(text)];
};
for (const table of document.querySelectorAll("table.sortable")) {
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const now = head.getAttribute("aria-sort");
      const best = head.dataset.best || (head.classList.contains("n") ? "descending" : "ascending"); // comes first
      const worst = best === "ascending" ? "descending" : "ascending";
      const next = now === best ? worst : best;
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", next);
      const rows = [...table.tBodies[0].rows].map((row) => [row, ...number(row, column)]);
      rows.sort(([, a, x], [, b, y]) => {
        if (Number.isNaN(x) !== Number.isNaN(y)) return Number.isNaN(x) ? 1 : -1; // what has no number stays last
        const order = Number.isNaN(x) ? a.localeCompare(b) : x - y;
        return next === "ascending" ? order : -order;
      });
      table.tBodies[0].append(...rows.map(([row]) => row));
    });
  });
}

// The form that picks methods: its state is in the address, after "#?", so that a link or the back button brings it back.
const form = document.querySelector("form.pick");
if (form) {
  form.hidden = false;
  const rows = [...document.querySelectorAll("tr[data-method]")];
  const count = form.querySelector("output");
  const all = new Set(rows.map((row) => row.dataset.method)).size;
  const read = () => new URLSearchParams(location.hash.startsWith("#?") ? location.hash.slice(2) : "");
  const show = (picked) => {
    const words = (picked.get("q") || "").toLowerCase().split(/\s+/).filter(Boolean);
    const left = new Set();
    for (const row of rows) {
      const { method, title, family, labels } = row.dataset;
      const text = `${method} ${title} ${family}`.toLowerCase();
      const fits =
        words.every((word) => text.includes(word)) &&
        (!picked.get("family") || picked.get("family") === family) &&
        (picked.get("labels") !== "no" || labels === "no");
      row.hidden = !fits;
      if (fits) left.add(method);
    }
    count.textContent = left.size === all ? `all ${all} rows` : `${left.size} of ${all} rows`;
  };
  const fill = () => {
    const picked = read();
    form.elements.q.value = picked.get("q") || "";
    form.elements.family.value = picked.get("family") || "";
    form.elements.labels.checked = picked.get("labels") === "no";
    show(picked);
  };
  const told = () => {
    const picked = new URLSearchParams();
    for (const [name, value] of new FormData(form)) if (value) picked.set(name, value);
    return picked;
  };
  form.addEventListener("input", () => show(told()));
  form.addEventListener("change", () => { location.hash = [...told()].length ? `?${told()}` : "?"; });
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => { location.hash = "?"; });
  addEventListener("hashchange", () => { if (!location.hash || location.hash.startsWith("#?")) fill(); });
  fill();
}
