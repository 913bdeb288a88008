"""How texts are read aloud."""

import time

import pytest

from avatars.voice.clauses import Lengths, clauses
from avatars.voice.english_rules import RULES
from avatars.voice.reading import Rule
from avatars.voice.world_rules import rules_for

LENGTHS = Lengths(first=140, usual=240, most=300)


def spoken(text: str, rules: tuple[Rule, ...] = RULES) -> str:
    return " | ".join(clause.spoken for clause in clauses(text, rules=rules, lengths=LENGTHS))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Dr. Smith paid $5.50.", "Doctor Smith paid 5 dollars and 50 cents."),
        ("It costs $1.", "It costs 1 dollar."),
        ("It costs $0.99 or £3m.", "It costs 99 cents or 3 million pounds."),
        ("5€ or 100 USD", "5 euros or 100 US dollars"),
        ("at 5:30pm", "at 5 30 P M"),
        ("at 14:05", "at 14 oh 5"),
        ("at 9:00 sharp", "at 9 o'clock sharp"),
        ("on 2024-03-05", "on March 5th, 2024"),
        ("on 3/5/2024", "on March 5th, 2024"),
        ("on 25/12/2024", "on December 25th, 2024"),
        ("on 5 March 2024", "on the 5th of March 2024"),
        ("on March 22", "on March 22nd"),
        ("run 5 km at 10 km/h", "run 5 kilometers at 10 kilometers per hour"),
        ("1 kg and -5 °C", "1 kilogram and -5 degrees Celsius"),
        ("50% off", "50 percent off"),
        ("e.g. this, i.e. that", "for example this, that is that"),
        ("3/4 of it, 24/7", "3 quarters of it, 24 7"),
        ("½ cup", "one half cup"),
        ("10-20 people", "10 to 20 people"),
        ("16:9", "16 to 9"),
        ("#5 and #fun", "number 5 and hashtag fun"),
        ("A&B and/or C+D", "A and B and or C plus D"),
        ("Call 555-1234", "Call 5 5 5, 1 2 3 4"),
        ("Call +1 415 555 0132", "Call plus 1, 4 1 5, 5 5 5, 0 1 3 2"),
        ("v1.2.3", "1 dot 2 dot 3"),
        ("Chapter IV", "Chapter 4"),
        ("write to jane.doe@mail-box.co.uk.", "write to jane dot doe at mail dash box dot co dot uk."),
        ("see https://www.example.com/docs?x=1.", "see example dot com slash docs."),
        ("**Bold** and [a link](https://x.org)", "Bold and a link"),
        ("1234567890123456", "1 2 3, 4 5 6, 7 8 9, 0 1 2, 3 4 5, 6"),
        ("99:99 and 32/13/2024 stay", "99 to 99 and 32/13/2024 stay"),
    ],
)
def test_it_reads_english_as_people_do(text: str, said: str) -> None:
    assert spoken(text) == said


@pytest.mark.parametrize(
    ("language", "text", "said"),
    [
        ("de", "Am 3. Mai um 14:30 Uhr, z. B. 5 €", "Am dritten Mai um 14 Uhr 30, zum Beispiel 5 Euro"),
        ("de", "3. Mai, 20 %", "dritter Mai, 20 Prozent"),
        ("es", "Sr. Ruiz pagó €5 a las 14:30", "señor Ruiz pagó 5 euros a las 14 y 30"),
        ("fr", "Mme Dupont, 14h30, 5 km", "madame Dupont, 14 heures 30, 5 kilomètres"),
        ("it", "info@sito.it", "info chiocciola sito punto it"),
        ("pt-BR", "20% em www.loja.br", "20 por cento em loja ponto br"),
        ("ru", "a@b.ru", "a собака b точка ru"),
        ("ja", "2 + 2", "2 + 2"),
    ],
)
def test_it_reads_other_languages_where_signs_need_words(language: str, text: str, said: str) -> None:
    assert spoken(text, rules_for(language)) == said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("One. Two! Three? Four… Five", "One. | Two! | Three? | Four... | Five"),
        ("Dr. Lee met J. K. Rowling at 5 p.m. today.", "Doctor Lee met J. K. Rowling at 5 P M. today."),
        ('He said "Stop!" and left. "Why?" she asked.', 'He said "Stop!" and left. | "Why?" she asked.'),
        ("Pi is 3.14. Next", "Pi is 3.14. | Next"),
        ("Title\n\n- one\n- two", "Title | one | two"),
        (
            "This line was wrapped by somebody's editor\nand goes on here.",
            "This line was wrapped by somebody's editor and goes on here.",
        ),
        ("I won. Really.", "I won. | Really."),
        ("你好。再见！", "你好. | 再见!"),
        ("Yes. 😀", "Yes."),
        ("... Yes.", "... Yes."),
    ],
)
def test_it_ends_sentences_where_they_end(text: str, said: str) -> None:
    assert spoken(text) == said


def test_it_keeps_an_ordinary_sentence_whole_and_cuts_a_long_one_at_commas() -> None:
    usual = "Your appointment has been moved from Tuesday morning to Thursday afternoon, because the doctor is away."
    assert spoken(usual) == usual
    long = ", ".join(f"this is part number {part} of a sentence without end" for part in range(12)) + "."
    parts = spoken(long).split(" | ")
    assert len(parts) > 2
    assert all(part.endswith((",", ".")) and len(part) <= LENGTHS.most for part in parts)


def test_it_cuts_what_has_no_commas_and_no_spaces() -> None:
    for text in ("word " * 300, "a" * 3000, "很" * 1500):
        parts = list(clauses(text, rules=RULES, lengths=LENGTHS))
        assert "".join(part.source for part in parts) == text
        assert max(len(part.spoken) for part in parts) <= LENGTHS.most + 1


def test_it_keeps_the_callers_words_and_where_they_are_said() -> None:
    (clause,) = clauses(" I paid  $5, not 5 km! ", rules=RULES, lengths=LENGTHS)
    assert clause.source == " I paid  $5, not 5 km! "
    assert [(one.text, clause.spoken[one.start : one.end]) for one in clause.captions] == [
        ("I", "I"),
        ("paid", "paid"),
        ("$5,", "5 dollars,"),
        ("not", "not"),
        ("5 km!", "5 kilometers!"),
    ]


@pytest.mark.parametrize(
    "block", ["!", " ", "\n", "[", "1", "1,", ".", "$ ", "a@", "**", "1/", "12:", "? ", "x.", "+1 ", "http://"]
)
def test_it_stays_quick_on_hostile_repetition(block: str) -> None:
    text = block * (50_000 // len(block)) + "a"
    started = time.thread_time()
    read = list(clauses(text, rules=RULES, lengths=LENGTHS))
    assert "".join(clause.source for clause in read) == text
    assert time.thread_time() - started < 4
