"""What the network learns from: sentences that our own voices say, with the visemes of their phonemes.

Training text is shuffled words (a lexicon's for English), so that every sound meets every other; held-out text is
sentences that people would say, by voices and variants that are not trained on.
"""

import gzip
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

import numpy as np
from numpy.typing import NDArray

from avatars.audio.features import HOP, SAMPLE_RATE
from avatars.face.visemes import VISEMES, viseme
from avatars.voice.catalogue import catalogue, entry_of
from avatars.voice.clauses import clauses
from avatars.voice.espeak_process import espeak_available
from avatars.voice.neural import asset
from avatars.voice.timeline import Phoneme

_HOP_MS = HOP * 1000 / SAMPLE_RATE
_SHORT = ("the", "a", "of", "to", "and", "in", "you", "my", "is", "for", "be", "we", "him", "but", "with", "me", "maybe", "both")

TONGUES = {
    "es": (
        "Buenos días, me llamo Clara y estoy aquí para ayudarle con su pedido. El próximo viernes hablaremos del "
        "proyecto con nuestra jefa. Guarde bien la factura, porque puede hacer falta más tarde. Mi hermano trabaja en "
        "un pequeño barco de pesca. ¿Quiere usted cambiar la fecha de su vuelo? Muchas familias viven lejos del campo."
    ),
    "fr": (
        "Bonjour, je m'appelle Claire et je suis ici pour vous aider. Votre commande partira demain matin de notre "
        "entrepôt. Nous avons mesuré la température chaque heure. Pouvez-vous répéter la dernière phrase, s'il vous "
        "plaît ? Un bon vin blanc sur la table du jardin. Les enfants jouaient au ballon sous la pluie fine."
    ),
    "it": (
        "Buongiorno, mi chiamo Chiara e sono qui per aiutarla con la sua richiesta. Il treno per la montagna parte fra "
        "venti minuti. Abbiamo spostato la riunione a giovedì pomeriggio. Può ripetere più lentamente, per piacere? "
        "La bambina mangia pane fresco e formaggio. Che bella giornata per camminare lungo il fiume!"
    ),
    "pt-BR": (
        "Bom dia, meu nome é Clara e estou aqui para ajudar com o seu pedido. A reunião foi mudada para quinta-feira à "
        "tarde. Você pode falar um pouco mais devagar? O menino comprou pão fresco na padaria. Amanhã vamos viajar "
        "para uma cidade bem longe do mar. Guarde o bilhete, porque é preciso mostrar na saída."
    ),
    "de": (
        "Guten Morgen, ich heiße Clara und helfe Ihnen gern bei Ihrem Antrag. Der nächste Zug nach München fährt in "
        "zwanzig Minuten ab. Bitte bringen Sie Ihren Pass und ein neues Foto mit. Wir haben überhaupt keine "
        "Veränderung gefunden. Könnten Sie das bitte wiederholen? Schöne Grüße an Ihre Familie, und viel Vergnügen!"
    ),
}  # fmt: skip

UNSEEN = (
    "Hello there, and welcome to the clinic. How can I help you today?",
    "Your appointment has been moved from Tuesday morning to Thursday afternoon.",
    "I would be happy to explain how the new pension scheme works in plain language.",
    "Please remember to bring your passport, a recent photograph and proof of address.",
    "If the battery is nearly empty, connect the charger before you start the update.",
    "Thank you for waiting. The next available advisor will be with you shortly.",
    "The children played football in the park until the rain forced them home.",
    "Fresh vegetables and whole grains are better for you than sugary snacks.",
    "The train to the airport leaves from platform three every twenty minutes.",
    "He whispered the password, but nobody in the room could hear him clearly.",
)
UNSEEN_TONGUES = {
    "es": "Por favor, compruebe el número de su cuenta bancaria antes de empezar.",
    "pt-BR": "Por favor, confira o número da sua conta antes de começar.",
    "nl": "Goedemorgen, mijn naam is Klara en ik help u graag met uw aanvraag.",
    "de": "Am Bahnhof können Sie Fahrkarten für Bus und Bahn kaufen.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """`count` utterances of a voice of the catalogue; `native` replaces the engine's own name for it (variants)."""

    voice: str
    count: int
    native: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Utterance:
    """`samples`: (n,) float32 at 24 kHz; `labels`: (n // 240,) uint8, the viseme of each 10 ms."""

    voice: str
    samples: NDArray[np.float32]
    labels: NDArray[np.uint8]


_ENGLISH = (
    "af_bella", "af_heart", "af_nicole", "af_sarah", "am_fenrir",
    "am_michael", "am_onyx", "bf_emma", "bm_fable", "bm_george",
)  # fmt: skip
_FOREIGN = ("ef_dora", "ff_siwis", "if_sara", "im_nicola", "pf_dora")
_VARIANTS = ("", "+f1", "+f2", "+f3", "+m1", "+m2", "+m3", "+m4", "+m6", "+klatt", "+Andrea", "+Lee")
_BASES = (("en-US", "en-us"), ("en-GB", "en-gb-x-rp"), ("es", "es"), ("fr", "fr"), ("it", "it"), ("de", "de"), ("pt-BR", "pt-br"))
TRAIN = (
    Part(voice="hibari-heart", count=60),
    *(Part(voice=f"kokoro-{name}", count=15) for name in _ENGLISH),
    *(Part(voice=f"kokoro-{name}", count=8) for name in _FOREIGN),
    *(Part(voice=f"espeak-{code}", count=1, native=base + variant) for code, base in _BASES for variant in _VARIANTS),
)
HELD_OUT = (
    *(Part(voice=f"kokoro-{name}", count=6) for name in ("af_sky", "am_puck", "bf_isabella")),
    *(Part(voice=f"kokoro-{name}", count=1) for name in ("em_alex", "pm_alex")),
    Part(voice="espeak-en-US", count=5, native="en-us+f4"),
    Part(voice="espeak-en-GB", count=5, native="en-gb-scotland+m7"),
    Part(voice="espeak-nl", count=1, native="nl+f5"),
    Part(voice="espeak-de", count=1, native="de+belinda"),
    Part(voice="hibari-heart", count=10),
)


def spoken(parts: Sequence[Part], *, seed: int, unseen: bool) -> Iterator[Utterance]:
    """What each part says, as far as its voice is installed here."""
    installed = {voice.id: voice for voice in catalogue() if voice.available}
    for part in parts:
        if part.voice in installed and (espeak_available() or not part.voice.startswith("espeak")):
            random = Random(f"{seed} {part.voice} {part.native}")  # noqa: S311 - repeatable, not secret
            language = installed[part.voice].language
            for number in range(part.count):
                text = _unseen(language, number) if unseen else _shuffled(language, random)
                yield utterance(text, part.voice, native=part.native, rate=random.uniform(0.8, 1.3))


def corpus(cache: Path, name: str) -> list[Utterance]:
    """The utterances of "train" or "held_out", from the cache or made and put there."""
    path = cache / f"{name}.npz"
    if not path.exists():
        cache.mkdir(parents=True, exist_ok=True)
        unseen = name == "held_out"
        made = list(spoken(HELD_OUT if unseen else TRAIN, seed=int(unseen), unseen=unseen))
        tables = {f"{kind}{n}": getattr(one, kind) for n, one in enumerate(made) for kind in ("samples", "labels")}
        np.savez(path, voices=np.array([one.voice for one in made]), **tables)
    with np.load(path) as kept:
        return [
            Utterance(voice=str(voice), samples=kept[f"samples{n}"], labels=kept[f"labels{n}"])
            for n, voice in enumerate(kept["voices"])
        ]


def utterance(text: str, voice: str, *, native: str = "", rate: float = 1.0) -> Utterance:
    """One text said by one voice, all its clauses joined; raises SpeechError."""
    entry = entry_of(voice)
    samples, labels = [], []
    for clause in clauses(text, rules=entry.rules, lengths=entry.lengths):
        sound = entry.engine().render(clause, voice=native or entry.native, rate=rate)
        count = len(sound.samples) // HOP
        samples.append(sound.samples[: count * HOP])
        labels.append(labels_of(sound.phonemes, count))
    return Utterance(voice=native or voice, samples=np.concatenate(samples), labels=np.concatenate(labels))


def labels_of(phonemes: Sequence[Phoneme], count: int) -> NDArray[np.uint8]:
    """The viseme in the middle of each of `count` hops; h and the glottal stop look like what follows them."""
    labels = np.zeros(count, np.uint8)
    after = 0
    for number in range(len(phonemes) - 1, -1, -1):
        phoneme = phonemes[number]
        shown = VISEMES.index(viseme(phoneme.ipa))
        adjacent = number + 1 < len(phonemes) and phonemes[number + 1].start_ms - phoneme.end_ms < 2 * _HOP_MS
        shown = shown or (after if adjacent else 0)
        first, stop = (round(at / _HOP_MS) for at in (phoneme.start_ms, phoneme.end_ms))
        labels[first:stop] = shown
        after = shown
    return labels


def _unseen(language: str, number: int) -> str:
    english = language.startswith("en")
    return UNSEEN[number % len(UNSEEN)] if english else UNSEEN_TONGUES[language]


def _shuffled(language: str, random: Random) -> str:
    if language.startswith("en"):
        words = [random.choice(_SHORT if random.random() < 0.35 else _lexicon()) for _ in range(random.randint(7, 11))]
    else:
        words = random.sample(TONGUES[language].replace(".", "").replace("?", "").replace("!", "").split(), 9)
    cut = random.randint(3, 6)
    return f"{' '.join(words[:cut]).capitalize()}, {' '.join(words[cut:])}."


def _lexicon() -> list[str]:
    """Plain English words of the voice's own lexicon."""
    if not _WORDS:
        with gzip.open(asset("lexicon_us_gold.json.gz"), "rt", encoding="utf-8") as opened:
            words: dict[str, object] = json.load(opened)
        _WORDS.extend(word for word in words if word.isascii() and word.isalpha() and word.islower() and 2 < len(word) < 10)
    return _WORDS


_WORDS: list[str] = []
