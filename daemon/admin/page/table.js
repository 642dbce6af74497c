// A table that is sorted by its headers' buttons and searched by an input. Cells are text, whatever is in them.

const ROWS_MAX = 200;

// `columns`: [{key, title, kind, text}], where `kind` is the cells' class and `text(row)` what is shown and searched;
// rows are sorted by row[key]. `sort`: the key to begin with, with a `-` in front for descending.
export class SortedTable {
  constructor(table, columns, { sort, note, search, filter = () => true }) {
    this.table = table;
    this.note = note;
    this.search = search;
    this.filter = filter;
    this.rows = [];
    search.addEventListener("input", () => this.draw());
    this.setColumns(columns, sort);
  }

  setColumns(columns, sort) {
    this.columns = columns;
    this.descending = sort.startsWith("-");
    this.key = sort.replace("-", "");
    const head = document.createElement("thead");
    const line = head.insertRow();
    for (const column of columns) line.append(this.header(column));
    this.body = document.createElement("tbody");
    this.table.replaceChildren(head, this.body);
    this.showSort();
  }

  header(column) {
    const cell = document.createElement("th");
    cell.scope = "col";
    cell.className = column.kind;
    cell.dataset.key = column.key;
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = column.title;
    button.addEventListener("click", () => this.sortBy(column));
    cell.append(button);
    return cell;
  }

  sortBy(column) {
    this.descending = this.key === column.key ? !this.descending : column.kind === "number" || column.kind === "time";
    this.key = column.key;
    this.showSort();
    this.draw();
  }

  showSort() {
    for (const cell of this.table.tHead.rows[0].cells) {
      const sorted = this.descending ? "descending" : "ascending";
      cell.ariaSort = cell.dataset.key === this.key ? sorted : "none";
    }
  }

  show(rows) {
    this.rows = rows;
    this.draw();
  }

  draw() {
    const found = this.rows.filter((row) => this.filter(row) && this.matches(row));
    found.sort((a, b) => this.compare(a[this.key], b[this.key]));
    this.fill(found.slice(0, ROWS_MAX));
    const left = found.length > ROWS_MAX ? `, the first ${ROWS_MAX} shown` : "";
    const note = `${found.length} of ${this.rows.length}${left}`;
    if (this.note.textContent !== note) this.note.textContent = note;  // or it would be read out each time
  }

  matches(row) {
    const wanted = this.search.value.trim().toLowerCase();
    return !wanted || this.columns.some((column) => column.text(row).toLowerCase().includes(wanted));
  }

  compare(a, b) {
    const order = typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b), "en");
    return this.descending ? -order : order;
  }

  // Rows and cells are used again: what a reader has selected stays where its text stays.
  fill(rows) {
    while (this.body.rows.length > rows.length) this.body.deleteRow(-1);
    rows.forEach((row, index) => {
      const line = this.body.rows[index] ?? this.emptyLine();
      this.columns.forEach((column, place) => {
        const cell = line.cells[place];
        const text = column.text(row);
        if (cell.textContent !== text) cell.textContent = text;
        cell.className = `${column.kind} ${column.mark?.(row) ?? ""}`.trim();
      });
    });
  }

  emptyLine() {
    const line = this.body.insertRow();
    for (let i = 0; i < this.columns.length; i += 1) line.insertCell();
    return line;
  }
}
