// What an avatar is to be made from: a file that is chosen, dropped, pasted, or taken with the camera.
import { Camera, whyNot } from "./camera.js";

const PICTURES = new Set(["image/jpeg", "image/png", "image/webp"]);
const $ = (id) => document.getElementById(id);

export class Source {
  file = null;
  #maker;
  #onChange;
  #camera = new Camera($("camera"));
  #address = "";

  constructor(maker, onChange) {
    this.#maker = maker;
    this.#onChange = onChange;
    $("file").addEventListener("change", () => this.choose($("file").files[0]));
    $("camera-open").hidden = !Camera.exists;
    $("camera-open").addEventListener("click", () => this.#openCamera());
    $("camera-close").addEventListener("click", () => this.reset());
    $("camera-take").addEventListener("click", async () => this.choose(await this.#camera.take()));
    this.#takeDrops($("drop"));
    document.addEventListener("paste", (event) => {
      if (event.clipboardData?.files.length) this.choose(event.clipboardData.files[0]);
    });
    window.addEventListener("pagehide", () => this.#camera.close());
  }

  choose(file) {
    if (!file || !["choose", "camera", "chosen"].includes(this.#maker.dataset.state)) return;
    const problem = this.#problemOf(file);
    $("file-problem").textContent = problem;
    if (problem) return;
    this.reset();
    this.file = file;
    this.#address = URL.createObjectURL(file);
    if (isHead(file)) this.#showHead();
    else $("preview").src = this.#address;
    this.#enter("chosen");
  }

  reset() {
    this.#camera.close();
    if (this.#address) URL.revokeObjectURL(this.#address);
    this.#address = "";
    this.file = null;
    $("file").value = "";
    $("file-problem").textContent = "";
    $("preview").removeAttribute("src");
    $("head-preview").replaceChildren();
    $("faces").replaceChildren();
    this.#enter("choose");
  }

  #enter(state) {
    this.#maker.dataset.state = state;
    $("camera-bar").hidden = state !== "camera";
    this.#onChange();
  }

  // One camera at a time; a file that was chosen while the browser asked for leave has gone before it.
  async #openCamera() {
    $("camera-open").disabled = true;
    const before = this.file;
    try {
      await this.#camera.open();
      if (this.file !== before) return this.#camera.close();
      $("file-problem").textContent = "";
      this.#enter("camera");
      $("camera-take").focus();
    } catch (error) {
      this.#camera.close();
      $("file-problem").textContent = whyNot(error);
    } finally {
      $("camera-open").disabled = false;
    }
  }

  #showHead() {
    const face = document.createElement("visavis-avatar");
    face.setAttribute("avatar", this.#address);
    $("head-preview").replaceChildren(face);
  }

  #problemOf(file) {
    const limit = Number(isHead(file) ? this.#maker.dataset.headBytes : this.#maker.dataset.photoBytes);
    if (!isHead(file) && !PICTURES.has(file.type)) return "Choose a JPEG, PNG or WebP picture, or a GLB or VRM head.";
    return file.size > limit ? `The file has ${megabytes(file.size)}; at most ${megabytes(limit)} are taken.` : "";
  }

  #takeDrops(zone) {
    const over = (event, is) => {
      event.preventDefault();
      zone.classList.toggle("is-over", is);
    };
    zone.addEventListener("dragover", (event) => over(event, true));
    zone.addEventListener("dragleave", (event) => over(event, zone.contains(event.relatedTarget)));
    zone.addEventListener("drop", (event) => {
      over(event, false);
      if (event.dataTransfer.files.length) this.choose(event.dataTransfer.files[0]);
      else $("file-problem").textContent = "That was no file. Save the picture first, then drop its file.";
    });
    // A file that misses would be opened in place of the page, and what was typed is gone.
    for (const name of ["dragover", "drop"]) window.addEventListener(name, (event) => event.preventDefault());
  }
}

export function isHead(file) {
  return /\.(glb|vrm)$/i.test(file.name);
}

function megabytes(bytes) {
  return `${(bytes / 1e6).toLocaleString(undefined, { maximumFractionDigits: 1 })} MB`;
}
