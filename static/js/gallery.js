// Portraits come alive while they are pointed at or focused: one 3D head at a time, over its own picture.

const REST_MS = 120;
const still = window.matchMedia("(prefers-reduced-motion: reduce)");
let awake = null;
let timer = 0;

function wake(portrait) {
  if (still.matches || awake?.parentElement === portrait) return;
  sleep();
  awake = document.createElement("visavis-avatar");
  awake.className = "portrait-face";
  awake.setAttribute("aria-hidden", "true");
  awake.setAttribute("avatar", portrait.dataset.src);
  portrait.append(awake);
}

function sleep() {
  clearTimeout(timer);
  awake?.remove();
  awake = null;
}

for (const portrait of document.querySelectorAll(".portrait")) {
  portrait.addEventListener("pointerenter", () => {
    clearTimeout(timer);
    timer = setTimeout(() => wake(portrait), REST_MS);
  });
  portrait.addEventListener("focus", () => wake(portrait));
  portrait.addEventListener("pointerleave", sleep);
  portrait.addEventListener("blur", sleep);
}
