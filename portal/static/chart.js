// Draws the page's one chart from the specification in the page. `ast` keeps Vega from compiling code at run time, which the
// content security policy forbids; colours come from the style sheet, so that a chart follows light and dark. The arrow keys go
// from day to day: what the tooltip would say is written below the chart, and the day's dot is marked.
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

function readable(place, days) {
  const said = place.nextElementSibling;
  if (!days.length || !said?.classList.contains("point")) return;
  let at = days.length;
  const written = new Intl.DateTimeFormat(tongue, { weekday: "short", day: "numeric", month: "short", year: "numeric" });
  place.tabIndex = 0;
  place.setAttribute("role", "group");
  said.textContent = said.dataset.hint;
  place.addEventListener("keydown", (event) => {
    const to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: days.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    at = Math.min(Math.max(to, 0), days.length - 1);
    said.textContent = `${written.format(new Date(days[at].day))}: ${days[at].words}`;
    place.querySelectorAll(".days_marks path").forEach((dot, n) => dot.classList.toggle("at", n === at));
  });
}

for (const place of document.querySelectorAll("[data-chart]")) {
  const spec = JSON.parse(document.getElementById(place.dataset.chart).textContent);
  vegaEmbed(place, spec, {
    actions: false,
    ast: true,
    defaultStyle: false,
    logLevel: 1, // errors only: a trend without gaps has an empty layer, and that is no fault
    renderer: "svg",
    tooltip: { disableDefaultStyle: true },
    ...locale,
  }).then(() => readable(place, spec.datasets.days)).catch(() => { place.hidden = true; }); // the table holds the same figures
}
