// The studio: a sentence goes in, a session begins if there is none, the avatar says it.
import { Captions } from "./studio/captions.js";
import { Choices } from "./studio/choices.js";
import { Composer } from "./studio/composer.js";
import { ConnectionDot } from "./studio/connection.js";
import { LiveSession } from "./studio/live.js";
import { Meter } from "./studio/meter.js";
import { Panel } from "./studio/panel.js";
import { Rest } from "./studio/rest.js";
import { announce } from "./announce.js";

const byId = (id) => document.getElementById(id);
const STATES = { idle: "Ready when you are", starting: "Starting…", live: "Live", resting: "Resting" };

class Studio {
  constructor(root) {
    this.root = root;
    this.face = byId("face");
    this.captions = new Captions(byId("caption"));
    this.meter = new Meter();
    this.panel = new Panel(() => this.again());
    this.dot = new ConnectionDot();
    this.rest = new Rest(() => this.restNow());
    this.choices = new Choices({ cast: () => this.recast(), mood: (name) => this.live?.emotion(name) });
    this.composer = new Composer({ say: (text) => this.say(text), stop: () => this.stop(), typing: () => this.rest.touch() });
    this.live = null;
    byId("end").addEventListener("click", () => this.end("Nothing is metered until your next sentence."));
    this.listen();
    window.addEventListener("pagehide", () => this.end(""));
  }

  async say(text) {
    this.panel.hide();
    this.rest.touch();
    try {
      this.live ??= this.open();
      if (await this.live.say(text, this.choices.mood)) this.composer.speaking(true);
    } catch (problem) {
      this.failed(problem, text);
    }
  }

  open() {
    this.show("starting");
    return new LiveSession(this.root.dataset.sessions, this.face, this.choices);
  }

  // The element tells everything about the conversation; without a session of ours nothing of it counts.
  listen() {
    const on = (name, handler) =>
      this.face.addEventListener(name, (event) => {
        if (this.live) handler(event.detail);
      });
    on("ready", () => this.ready(this.live));
    on("connection", (change) => this.connection(change));
    on("turn-started", () => this.started());
    on("text", () => this.rest.touch());
    on("caption", ({ turn }) => this.spoken(this.face.conversation.captions(turn)));
    on("turn-finished", (turn) => this.finished(turn));
    on("turn-played", () => this.silence());
    on("notice", (notice) => this.composer.note(notice.detail));
    on("error", (problem) => this.problem(problem));
    on("ended", ({ reason }) => this.ended(reason));
  }

  ready(live) {
    this.show("live");
    this.rest.touch();
    this.meter.start();
    byId("end").hidden = false;
    const record = byId("open-session");
    record.href = `${this.root.dataset.sessionPage}${live.id}`;
    record.hidden = false;
  }

  connection(change) {
    this.dot.show(change);
    if (change.state === "reconnecting") this.meter.pause();
    if (change.state === "closed" && change.code !== "ended") this.ended(change.code);
  }

  finished(turn) {
    this.meter.turn(turn);
    this.dot.firstSound(turn.timings);
    if (turn.outcome !== "completed") this.silence();
    if (turn.outcome === "failed") this.composer.error("That sentence could not be spoken. Try again, or choose another voice.");
  }

  started() {
    this.captions.clear();
    this.composer.speaking(true);
    this.rest.touch();
  }

  spoken(track) {
    this.captions.show(track);
    this.rest.touch();
  }

  silence() {
    this.composer.speaking(false);
    this.captions.fade();
    this.rest.touch();
  }

  stop() {
    this.live?.interrupt();
    this.silence();
    this.captions.clear();
  }

  problem(problem) {
    if (problem.code.startsWith("quota")) this.failed(problem, "");
    else this.composer.error(problem.detail || problem.title);
  }

  failed(problem, text) {
    this.composer.restore(text);
    this.end("");
    this.panel.show(problem);
  }

  ended(reason) {
    this.close(reason === "idle" ? "Ended after silence. Your next sentence starts a new session." : "The session has ended.");
    if (!["idle", "closed", "ended", "client"].includes(reason)) this.panel.ended(reason);
  }

  restNow() {
    if (!this.live) return;
    this.end("Resting, so that nothing is metered. Your next sentence starts it again.");
    this.show("resting");
  }

  recast() {
    if (this.live) this.end("The next sentence starts a session with your choice.");
    this.choices.dress(this.face);
  }

  again() {
    this.panel.hide();
    this.composer.focus();
  }

  // Ends on the server too; `note` says why the meter stands still.
  end(note) {
    const live = this.live;
    if (!live) return;
    this.close(note);
    live.end();
  }

  close(note) {
    const live = this.live;
    this.live = null;
    live?.hangUp();
    this.meter.stop();
    this.rest.stop();
    this.dot.reset();
    this.composer.speaking(false);
    this.captions.clear();
    this.choices.dress(this.face);
    byId("end").hidden = true;
    if (note) byId("fact-note").textContent = note;
    this.show("idle");
  }

  show(state) {
    this.root.dataset.state = state;
    byId("state-pill").dataset.state = state;
    if (state === "live") this.meter.onTick = (clock) => (byId("state-text").textContent = `Live ${clock}`);
    else byId("state-text").textContent = STATES[state];
    if (state === "live") byId("fact-note").textContent = "Metered while it is connected; it rests after a minute of silence.";
    if (state !== "starting") announce(STATES[state]);
  }
}

if (byId("composer")) new Studio(byId("studio"));
