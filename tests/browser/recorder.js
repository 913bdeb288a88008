// Injected before any script of a page: notes what the stage says, how the face looks and what reaches the speaker.
(() => {
  const HEARD = ["ready", "connection", "turn-started", "caption", "turn-finished", "turn-played", "notice", "error", "ended"];
  const SAMPLE_MS = 16;
  const record = { events: [], levels: [], faces: [], pictures: [], words: [], sound: [], escapes: [], samples: [] };
  window.record = record;
  let speaker = null;

  // What goes to the speaker goes to a second listener too, who counts every sample on the audio clock.
  const connect = AudioNode.prototype.connect;
  AudioNode.prototype.connect = function (target, ...rest) {
    if (target instanceof AudioDestinationNode) listen(this, target.context);
    return connect.call(this, target, ...rest);
  };

  async function listen(source, context) {
    speaker = context;
    if (!window.listenerSource) return;
    const module = new Blob([window.listenerSource], { type: "text/javascript" });
    await context.audioWorklet.addModule(URL.createObjectURL(module));
    const listener = new AudioWorkletNode(context, "listener", { numberOfOutputs: 0 });
    listener.port.onmessage = ({ data: [frame, samples] }) => record.sound.push([frame, Array.from(samples)]);
    connect.call(source, listener);
  }

  // Seconds on the audio clock that leave the speaker at `now`, as the platform itself says.
  function heardAt(now) {
    const { contextTime, performanceTime } = speaker.getOutputTimestamp();
    return Math.min(speaker.currentTime, contextTime + (now - performanceTime) / 1000);
  }

  function sample(face) {
    const now = performance.now();
    const position = face.conversation?.position(now);
    const drawn = face.viewer?.weights;
    if (drawn && drawn.some((weight, index) => weight !== record.pictures.at(-1)?.weights[index])) {
      record.pictures.push({ turn: position?.turn ?? 0, weights: Array.from(drawn) });
    }
    if (!position || !speaker) return;
    const { weights } = face.conversation.face.faceAt(now);
    record.faces.push({ ...position, heard_at: heardAt(now), weights: Array.from(weights) });
  }

  function follow(face) {
    for (const name of HEARD) face.addEventListener(name, ({ detail }) => record.events.push({ name, ...detail }));
    face.addEventListener("level", ({ detail }) => record.levels.push(detail));
    setInterval(() => sample(face), SAMPLE_MS);
  }

  function read(caption) {
    const word = () => caption.querySelector(".is-now")?.textContent;
    new MutationObserver(() => word() && record.words.push(word())).observe(caption, { childList: true, subtree: true });
  }

  const play = HTMLMediaElement.prototype.play;
  HTMLMediaElement.prototype.play = async function () {
    await play.call(this);
    record.samples.push(this.duration);
  };

  document.addEventListener("DOMContentLoaded", () => {
    const face = document.querySelector("visavis-avatar#face");
    if (!face) return;
    follow(face);
    read(document.getElementById("caption"));
  });
  document.addEventListener("keydown", ({ key }) => key === "Escape" && record.escapes.push(speaker.currentTime), true);
})();
