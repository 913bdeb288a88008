// Charts that answer to the keyboard: one tab stop each, arrows from day to day; what was opened survives a refresh.

const STEPS = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity };
let opened = [];

function daysOf(day) {
  return [...day.closest("[data-chart]").querySelectorAll(".chart-day")];
}

function move(event) {
  const day = event.target.closest?.(".chart-day");
  const step = STEPS[event.key];
  if (!day || step === undefined) return;
  const days = daysOf(day);
  days[Math.min(days.length - 1, Math.max(0, days.indexOf(day) + step))].focus();
  event.preventDefault();
}

// The day in focus becomes the chart's tab stop, and is read out above the bars.
function entered(event) {
  const day = event.target.closest?.(".chart-day");
  if (!day) return;
  for (const other of daysOf(day)) other.tabIndex = other === day ? 0 : -1;
  read(day);
}

function read(day) {
  day.closest(".chart-plot").querySelector(".chart-reading").textContent = day.getAttribute("aria-label");
}

function pointed(event) {
  const day = event.target.closest?.(".chart-day");
  if (day) read(day);
}

function beforeSwap() {
  opened = [...document.querySelectorAll("#usage-live details[open]")].map((details) => details.id);
}

function afterSwap() {
  for (const id of opened) document.getElementById(id)?.setAttribute("open", "");
}

document.addEventListener("keydown", move);
document.addEventListener("focusin", entered);
document.addEventListener("pointerover", pointed);
document.addEventListener("htmx:beforeSwap", beforeSwap);
document.addEventListener("htmx:afterSwap", afterSwap);
