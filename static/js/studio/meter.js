// What the session costs so far: avatar time and characters, and the ring of the period moving with them.

const byId = (id) => document.getElementById(id);
const TICK_MS = 500;
const TEN_HOURS_MS = 36_000_000;

export class Meter {
  #since = 0;
  #spent = 0;
  #characters = 0;
  #timer = 0;
  #rings = [...document.querySelectorAll("[data-usage-ring]")].map((element) => new Ring(element));

  onTick = () => {};

  // Also after a reconnect: time without a connection is not metered.
  start() {
    if (this.#since) return;
    this.#since = performance.now();
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
    this.#tick();
  }

  pause() {
    if (!this.#since) return;
    this.#spent += performance.now() - this.#since;
    this.#since = 0;
    clearInterval(this.#timer);
  }

  // The next session counts from zero; the ring keeps what this one used.
  stop() {
    this.pause();
    for (const ring of this.#rings) ring.settle(this.#spent);
    this.#spent = this.#characters = 0;
    this.onTick = () => {};
  }

  turn({ heard_text: heard }) {
    this.#characters += heard?.length ?? 0;
    byId("fact-characters").textContent = this.#characters.toLocaleString();
  }

  #tick() {
    const ms = this.#spent + performance.now() - this.#since;
    const clock = clockOf(ms);
    byId("fact-time").textContent = clock;
    for (const ring of this.#rings) ring.show(ms);
    this.onTick(clock);
  }
}

class Ring {
  #element;
  #used;
  #limit;

  constructor(element) {
    this.#element = element;
    this.#used = Number(element.dataset.usedMs);
    this.#limit = Number(element.dataset.limitMs);
  }

  settle(ms) {
    this.#used += ms;
  }

  show(ms) {
    const used = this.#used + ms;
    this.#element.querySelector("[data-usage-used]").textContent = timeOf(used);
    if (!this.#limit) return;
    const share = Math.min(100, (used / this.#limit) * 100);
    const arc = this.#element.querySelector(".ring-value");
    arc.classList.toggle("ring-empty", share === 0);
    arc.setAttribute("stroke-dasharray", `${share.toFixed(2)} 100`);
    this.#element.classList.toggle("is-warning", share >= 80 && share < 100);
    this.#element.classList.toggle("is-over", share >= 100);
  }
}

// As quotas/templatetags/units.py writes it.
export function timeOf(ms) {
  const [unit, name] = ms >= TEN_HOURS_MS ? [3_600_000, "h"] : [60_000, "min"];
  return `${(ms / unit).toLocaleString("en", { maximumFractionDigits: 1 })} ${name}`;
}

export function clockOf(ms) {
  const seconds = Math.floor(ms / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}
