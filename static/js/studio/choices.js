// Who is on the stage, with which voice and in which mood.


export class Choices {
  // `cast` is called when avatar or voice change, `mood` with the name of an emotion.
  constructor({ cast, mood }) {
    const form = document.getElementById("composer");
    this.elements = form.elements;
    document.addEventListener("change", (event) => {
      const { name } = event.target;
      if (name === "avatar") this.#voiceOf(event.target);
      if (name === "avatar" || name === "voice") cast();
      if (name === "emotion") mood(event.target.value);
    });
  }

  get avatar() {
    return this.elements.avatar.value;
  }

  get voice() {
    return this.elements.voice.value;
  }

  get mood() {
    return this.elements.emotion.value;
  }

  // Between sessions the chosen avatar breathes on the stage.
  dress(face) {
    const { src, poster } = this.#checked("avatar").dataset;
    if (face.getAttribute("avatar") === src) return;
    face.setAttribute("poster", poster);
    face.setAttribute("avatar", src);
  }

  #checked(name) {
    return [...this.elements[name]].find((radio) => radio.checked);
  }

  #voiceOf(avatar) {
    const own = [...this.elements.voice].find((radio) => radio.value === avatar.dataset.voice);
    if (!own || own.disabled) return;
    own.checked = true;
    own.closest(".voice-list").scrollTo({ top: own.closest("label").offsetTop - 80 });
  }
}
