// The quiet dot: how the connection is, with details on demand.

const byId = (id) => document.getElementById(id);
const TONES = { open: "teal", connecting: "amber", reconnecting: "amber", closed: "" };
const WORDS = { open: "Open", connecting: "Connecting", reconnecting: "Reconnecting", closed: "Closed" };

export class ConnectionDot {
  #reconnects = 0;

  show({ state, attempt, latencyMs }) {
    if (state === "reconnecting" && attempt <= 1) this.#reconnects += 1;
    const slow = state === "open" && latencyMs > 400;
    byId("connection-dot").className = `dot dot-${slow ? "amber" : TONES[state]}`;
    byId("latency").textContent = state === "open" && latencyMs !== null ? `${Math.round(latencyMs)} ms` : WORDS[state].toLowerCase();
    byId("detail-connection").textContent = WORDS[state];
    byId("detail-latency").textContent = latencyMs === null ? "–" : `${Math.round(latencyMs)} ms`;
    byId("detail-attempts").textContent = String(this.#reconnects);
  }

  firstSound(timings) {
    const ms = timings?.first_sent_ms ?? timings?.voice_first_chunk_ms;
    if (ms !== undefined) byId("detail-first").textContent = `${Math.round(ms)} ms after the sentence`;
  }

  reset() {
    byId("connection-dot").className = "dot";
    byId("latency").textContent = "not connected";
    byId("detail-connection").textContent = "Opens with the next sentence";
    byId("detail-latency").textContent = "–";
  }
}
