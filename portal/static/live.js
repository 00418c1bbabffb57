// Keeps the page of the day that runs current: asks for the same page once a minute and puts in the parts that have changed.
// A part that somebody is in is left alone, open tables stay open, and nothing moves: parts keep their places.
"use strict";
const EVERY = 60_000;
const UNWATCHED = { "X-Sameview-Live": "1" }; // an open page is not somebody who is there: the session still ends when idle

const parts = (page) => new Map([...page.querySelectorAll("[data-part]")].map((each) => [each.dataset.part, each]));
const busy = (part) => {
  const chosen = document.getSelection();
  return part.contains(document.activeElement) || (chosen?.isCollapsed === false && part.contains(chosen.anchorNode));
};
let asked = Date.now();
let current = Date.now();

function renew(shown, fresh) {
  if (shown.innerHTML === fresh.innerHTML || busy(shown)) return;
  const open = [...shown.querySelectorAll("details")].map((each) => each.open);
  shown.replaceChildren(...fresh.childNodes);
  shown.querySelectorAll("details").forEach((each, n) => { each.open = open[n] ?? false; });
}

async function refresh() {
  asked = Date.now();
  const answer = await fetch(location.href, { headers: UNWATCHED, redirect: "error", credentials: "same-origin" });
  if (!answer.ok) throw new Error(answer.statusText);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const [shown, fresh] = [parts(document), parts(page)];
  if ([...shown.keys()].join() !== [...fresh.keys()].join()) {
    if (!busy(document.getElementById("main"))) location.reload(); // another kind of page: the day has ended, or begun
    return;
  }
  document.title = page.title;
  for (const [name, part] of shown) renew(part, fresh.get(name));
  current = Date.now();
  tell();
}

// Says that the page is old once it is: signed out, the server away, the network gone.
function tell() {
  const word = document.querySelector("[data-stale]");
  word.hidden = Date.now() - current < 2.5 * EVERY;
  const time = new Intl.DateTimeFormat(document.documentElement.lang, { hour: "2-digit", minute: "2-digit" });
  word.textContent = word.hidden ? "" : word.dataset.stale.replace("{}", time.format(current));
}

function due() {
  if (document.visibilityState === "visible" && Date.now() - asked >= EVERY) refresh().catch(tell); // next minute again
}

setInterval(due, 5_000);
document.addEventListener("visibilitychange", due);
