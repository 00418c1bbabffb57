// Draws the page's charts from the specifications in the page. `ast` keeps Vega from compiling code at run time, which the
// content security policy forbids; colours come from the style sheet, so that a chart follows light and dark. The arrow keys go
// from day to day or from figure to figure: what the tooltip would say is written below the chart, and its mark is marked.
"use strict";
const GERMAN = {
  dateTime: "%A, %e. %B %Y, %X", date: "%d.%m.%Y", time: "%H:%M:%S", periods: ["", ""],
  days: ["Sonntag", "Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag"],
  shortDays: ["So", "Mo", "Di", "Mi", "Do", "Fr", "Sa"],
  months: ["Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November", "Dezember"],
  shortMonths: ["Jan", "Feb", "Mär", "Apr", "Mai", "Jun", "Jul", "Aug", "Sep", "Okt", "Nov", "Dez"],
};
const tongue = document.documentElement.lang;
const locale = tongue.startsWith("de") ? { timeFormatLocale: GERMAN, formatLocale: { decimal: ",", thousands: ".", grouping: [3], currency: ["", " €"] } } : {};

const READ = ["days", "cells", "withheld", "four_weeks", "withheld_four_weeks"]; // the layers that the arrow keys read
const written = new Intl.DateTimeFormat(tongue, { weekday: "short", day: "numeric", month: "short", year: "numeric" });

// The rows of a chart in the order in which they are read, each with the mark that is drawn for it.
function rows(place, datasets) {
  const marks = (layer) => place.querySelectorAll(`.${layer}_marks path`);
  const of = (layer) => (datasets[layer] ?? []).map((row, n) => ({ ...row, mark: marks(layer)[n] }));
  return READ.flatMap(of).sort((one, other) => (one.n ?? 0) - (other.n ?? 0));
}

function readable(place, read) {
  const said = place.nextElementSibling;
  if (!read.length || !said?.classList.contains("point")) return;
  let at = read.length;
  place.tabIndex = 0;
  place.setAttribute("role", "group");
  said.textContent = said.dataset.hint;
  place.addEventListener("keydown", (event) => {
    const to = { ArrowLeft: at - 1, ArrowUp: at - 1, ArrowRight: at + 1, ArrowDown: at + 1, Home: 0, End: read.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    at = Math.min(Math.max(to, 0), read.length - 1);
    said.textContent = `${read[at].name ?? written.format(new Date(read[at].day))}: ${read[at].words}`;
    read.forEach((row, n) => row.mark?.classList.toggle("at", n === at));
  });
}

// Rows may come as lists: the first holds the day from which the others count theirs, and the names of what else they hold.
function named([[since, ...names], ...lists]) {
  return lists.map(([days, ...values]) => {
    const day = new Date(since);
    day.setDate(day.getDate() + days);
    return { day: day.getTime(), ...Object.fromEntries(names.map((name, n) => [name, values[n]])) };
  });
}

for (const place of document.querySelectorAll("[data-chart]")) {
  const spec = JSON.parse(document.getElementById(place.dataset.chart).textContent);
  for (const [layer, list] of Object.entries(spec.datasets)) if (Array.isArray(list[0])) spec.datasets[layer] = named(list);
  vegaEmbed(place, spec, {
    actions: false,
    ast: true,
    defaultStyle: false,
    logLevel: 1, // errors only: a trend without gaps has an empty layer, and that is no fault
    renderer: "svg",
    tooltip: { disableDefaultStyle: true },
    ...locale,
  }).then(() => readable(place, rows(place, spec.datasets))).catch(() => { place.hidden = true; }); // the table holds the same figures
}
