// report.js -- tables of the report sort by the column whose heading is pressed. Without scripts everything is there as well.
(function () {
  'use strict';
  // Numbers before texts; what is neither ("-") comes last.
  function key(cell) {
    var text = cell.textContent.trim(), number = text === 'inf' ? Infinity : parseFloat(text);
    return { number: isNaN(number) ? null : number, text: text };
  }
  function compare(a, b) {
    if (a.number !== null && b.number !== null) return a.number - b.number;
    if (a.number !== null || b.number !== null) return a.number !== null ? -1 : 1;
    return a.text < b.text ? -1 : a.text > b.text ? 1 : 0;
  }
  function sortBy(table, heading, column) {
    var up = heading.getAttribute('aria-sort') !== 'ascending', body = table.tBodies[0];
    var rows = Array.prototype.slice.call(body.rows).map(function (row, place) {
      return { row: row, place: place, key: key(row.cells[column]) };
    });
    rows.sort(function (a, b) { return (up ? 1 : -1) * compare(a.key, b.key) || a.place - b.place; });
    rows.forEach(function (item) { body.appendChild(item.row); });
    Array.prototype.forEach.call(table.tHead.rows[0].cells, function (cell) { cell.removeAttribute('aria-sort'); });
    heading.setAttribute('aria-sort', up ? 'ascending' : 'descending');
  }
  Array.prototype.forEach.call(document.querySelectorAll('table.sortable'), function (table) {
    Array.prototype.forEach.call(table.tHead.rows[0].cells, function (heading, column) {
      var button = document.createElement('button');
      button.type = 'button';
      button.textContent = heading.textContent;
      button.title = 'sort by ' + heading.textContent;
      heading.textContent = '';
      heading.appendChild(button);
      button.addEventListener('click', function () { sortBy(table, heading, column); });
    });
  });
  // On paper nothing is folded away.
  window.addEventListener('beforeprint', function () {
    Array.prototype.forEach.call(document.querySelectorAll('details'), function (part) { part.open = true; });
  });
})();
