// Draws the page's one chart from the specification in the page. `ast` keeps Vega from compiling code at run time, which the
// content security policy forbids; colours come from the style sheet, so that a chart follows light and dark.
"use strict";
for (const place of document.querySelectorAll("[data-chart]")) {
  const spec = JSON.parse(document.getElementById(place.dataset.chart).textContent);
  vegaEmbed(place, spec, {
    actions: false,
    ast: true,
    defaultStyle: false,
    logLevel: 1, // errors only: a trend without gaps has an empty layer, and that is no fault
    renderer: "svg",
    tooltip: { disableDefaultStyle: true },
  }).catch(() => { place.hidden = true; }); // the table below holds the same figures
}
