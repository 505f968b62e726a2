// Sort a table by a column: click or Enter on its head. Without script every table is there, in its default order.
"use strict";
for (const table of document.querySelectorAll("table.sortable")) {
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const up = head.getAttribute("aria-sort") !== "ascending";
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", up ? "ascending" : "descending");
      const key = (row) => row.cells[column].textContent.trim().replace("−", "-");
      const rows = [...table.tBodies[0].rows].map((row) => [row, key(row), parseFloat(key(row))]);
      rows.sort(([, a, x], [, b, y]) => {
        if (Number.isNaN(x) !== Number.isNaN(y)) return Number.isNaN(x) ? 1 : -1; // what has no number stays last
        const order = Number.isNaN(x) ? a.localeCompare(b) : x - y;
        return up ? order : -order;
      });
      table.tBodies[0].append(...rows.map(([row]) => row));
    });
  });
}
