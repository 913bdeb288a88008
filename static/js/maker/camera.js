// The camera as a mirror, and one picture of it as it is seen by others.

const WANTED = { video: { facingMode: "user", width: { ideal: 1280 }, height: { ideal: 960 } }, audio: false };

export class Camera {
  #video;
  #stream = null;

  constructor(video) {
    this.#video = video;
  }

  static get exists() {
    return Boolean(navigator.mediaDevices?.getUserMedia);
  }

  async open() {
    this.#stream = await navigator.mediaDevices.getUserMedia(WANTED);
    this.#video.srcObject = this.#stream;
    await this.#video.play();
  }

  async take() {
    const canvas = document.createElement("canvas");
    canvas.width = this.#video.videoWidth;
    canvas.height = this.#video.videoHeight;
    canvas.getContext("2d").drawImage(this.#video, 0, 0);
    const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.95));
    return new File([blob], "camera.jpg", { type: "image/jpeg" });
  }

  close() {
    for (const track of this.#stream?.getTracks() ?? []) track.stop();
    this.#stream = null;
    this.#video.srcObject = null;
  }
}

export function whyNot(error) {
  if (error.name === "NotAllowedError") return "The browser was not allowed to use the camera. Allow it, or choose a file.";
  if (error.name === "NotFoundError") return "There is no camera. Choose a file instead.";
  return "The camera can’t be used now. Choose a file instead.";
}
