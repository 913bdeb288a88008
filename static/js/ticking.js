// Counts up from the moment in data-since, on every second.
import { clockOf } from "./studio/meter.js";

function tick() {
  for (const element of document.querySelectorAll("[data-since]")) {
    element.textContent = clockOf(Math.max(0, Date.now() - Date.parse(element.dataset.since)));
  }
}

document.addEventListener("htmx:load", tick);
setInterval(tick, 1000);
tick();
