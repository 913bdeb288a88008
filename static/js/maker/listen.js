// Plays a sample of the chosen voice; another choice or another press stops it.

export function listen(select, button, note) {
  const audio = new Audio();
  const usual = note.textContent;
  const stop = () => {
    audio.pause();
    button.setAttribute("aria-pressed", "false");
  };
  const play = async () => {
    if (button.getAttribute("aria-pressed") === "true") return stop();
    button.setAttribute("aria-pressed", "true");
    note.textContent = usual;
    const path = select.selectedOptions[0].dataset.sample;
    try {
      audio.src = path;
      await audio.play();
    } catch (error) {
      if (error.name === "AbortError") return undefined; // stopped before it began
      stop();
      note.textContent = "The sample could not be played. Try again.";
    }
    return undefined;
  };
  audio.addEventListener("ended", stop);
  button.addEventListener("click", play);
  select.addEventListener("change", stop);
}
