// One live session: made through the REST API, joined by the element on the stage, ended when it is done.
import { request } from "../api.js";

const INTENSITY = 0.8;

export class LiveSession {
  #path;
  #face;
  #opening;
  #over = false;

  constructor(path, face, { avatar, voice }) {
    this.#path = path;
    this.#face = face;
    this.id = null;
    this.#opening = this.#open(avatar, voice);
    // Who awaits it hears of a failure; nobody has to.
    this.#opening.catch(() => {});
  }

  // False when the session was ended before it could speak.
  async say(text, mood) {
    await this.#opening;
    if (this.#over) return false;
    this.#face.say(text, { emotion: { name: mood, intensity: intensityOf(mood) } });
    return true;
  }

  interrupt() {
    if (this.#isJoined) this.#face.interrupt();
  }

  emotion(mood) {
    if (this.#isJoined) this.#face.emotion(mood, intensityOf(mood));
  }

  // Leaves the stage idle.
  hangUp() {
    this.#over = true;
    this.#face.close();
    this.#face.removeAttribute("ticket");
    this.#face.removeAttribute("session");
  }

  // keepalive: the request outlives the page that is being left.
  end() {
    this.#over = true;
    if (this.id) request("DELETE", `${this.#path}/${this.id}`, undefined, { keepalive: true }).catch(() => {});
  }

  get #isJoined() {
    return !this.#over && this.#face.conversation !== null;
  }

  async #open(avatar, voice) {
    const session = await request("POST", this.#path, { avatar, voice });
    this.id = session.id;
    if (this.#over) this.end();
    else this.#join(session.ticket);
  }

  #join({ ticket, url }) {
    this.#face.renewTicket = async () => (await request("POST", `${this.#path}/${this.id}/tickets`, {})).ticket;
    this.#face.setAttribute("url", url);
    this.#face.setAttribute("session", this.id);
    this.#face.setAttribute("ticket", ticket);
  }
}

function intensityOf(mood) {
  return mood === "neutral" ? 0 : INTENSITY;
}
