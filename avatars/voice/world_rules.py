"""What other languages need said differently from how it is written; espeak-ng reads numbers by itself."""

import re
from dataclasses import dataclass, field
from functools import cache

from num2words import num2words

from avatars.voice.reading import Rule, always
from avatars.voice.web_rules import Signs, web_rules

_NUMBER = r"\d+(?:[.,   ]\d{3})*(?:[.,]\d+)?"
_GERMAN_MONTHS = "Januar|Jänner|Februar|März|April|Mai|Juni|Juli|August|September|Oktober|November|Dezember"

_GERMAN_BEFORE_DATES = frozenset({"am", "den", "dem", "vom", "zum", "bis", "ab", "jeden"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """Words of one language; `time` joins hour and minute ("14:30"), units and abbreviations are said as given."""

    signs: Signs
    time: str
    percent: str
    euro: str
    dollar: str
    pound: str
    degrees: str
    also: str
    words: dict[str, str] = field(default_factory=dict)


_METRIC = {
    "de": "Kilometer Meter Zentimeter Millimeter Kilogramm Gramm Liter",
    "es": "kilómetros metros centímetros milímetros kilos gramos litros",
    "fr": "kilomètres mètres centimètres millimètres kilos grammes litres",
    "it": "chilometri metri centimetri millimetri chili grammi litri",
    "pt": "quilômetros metros centímetros milímetros quilos gramas litros",
    "nl": "kilometer meter centimeter millimeter kilo gram liter",
}
_LANGUAGES = {
    "de": Language(
        signs=Signs(at="ät", dot="Punkt", slash="Schrägstrich", dash="Bindestrich", underscore="Unterstrich"),
        time="Uhr", percent="Prozent", euro="Euro", dollar="Dollar", pound="Pfund", degrees="Grad", also="und",
        words={
            "z. B.": "zum Beispiel", "z.B.": "zum Beispiel", "d. h.": "das heißt", "d.h.": "das heißt",
            "u. a.": "unter anderem", "usw.": "und so weiter", "bzw.": "beziehungsweise", "ca.": "circa",
            "Nr.": "Nummer", "Str.": "Straße", "Dr.": "Doktor", "Prof.": "Professor", "Hr.": "Herr", "Fr.": "Frau",
            "Tel.": "Telefon", "inkl.": "inklusive", "evtl.": "eventuell", "km/h": "Kilometer pro Stunde",
        },
    ),
    "es": Language(
        signs=Signs(at="arroba", dot="punto", slash="barra", dash="guion", underscore="guion bajo"),
        time="y", percent="por ciento", euro="euros", dollar="dólares", pound="libras", degrees="grados", also="y",
        words={
            "Sr.": "señor", "Sra.": "señora", "Srta.": "señorita", "Dr.": "doctor", "Dra.": "doctora",
            "Ud.": "usted", "Uds.": "ustedes", "p. ej.": "por ejemplo", "p.ej.": "por ejemplo", "etc.": "etcétera",
            "Av.": "avenida", "núm.": "número", "km/h": "kilómetros por hora", "EE. UU.": "Estados Unidos",
        },
    ),
    "fr": Language(
        signs=Signs(at="arobase", dot="point", slash="barre oblique", dash="tiret", underscore="tiret bas"),
        time="heures", percent="pour cent", euro="euros", dollar="dollars", pound="livres", degrees="degrés", also="et",
        words={
            "M.": "monsieur", "MM.": "messieurs", "Mme": "madame", "Mlle": "mademoiselle", "Dr": "docteur",
            "p. ex.": "par exemple", "etc.": "et cetera", "av.": "avenue", "1er": "premier", "1re": "première",
            "km/h": "kilomètres à l'heure", "n°": "numéro", "N°": "numéro",
        },
    ),
    "it": Language(
        signs=Signs(at="chiocciola", dot="punto", slash="barra", dash="trattino", underscore="trattino basso"),
        time="e", percent="per cento", euro="euro", dollar="dollari", pound="sterline", degrees="gradi", also="e",
        words={
            "Sig.": "signor", "Sig.ra": "signora", "Dott.": "dottor", "Dott.ssa": "dottoressa", "Prof.": "professor",
            "ecc.": "eccetera", "p. es.": "per esempio", "km/h": "chilometri all'ora", "n.": "numero",
        },
    ),
    "pt": Language(
        signs=Signs(at="arroba", dot="ponto", slash="barra", dash="hífen", underscore="sublinhado"),
        time="e", percent="por cento", euro="euros", dollar="dólares", pound="libras", degrees="graus", also="e",
        words={
            "Sr.": "senhor", "Sra.": "senhora", "Dr.": "doutor", "Dra.": "doutora", "p. ex.": "por exemplo",
            "etc.": "etcétera", "Av.": "avenida", "nº": "número", "km/h": "quilômetros por hora",
        },
    ),
    "nl": Language(
        signs=Signs(at="apenstaartje", dot="punt", slash="schuine streep", dash="streepje", underscore="laag streepje"),
        time="uur", percent="procent", euro="euro", dollar="dollar", pound="pond", degrees="graden", also="en",
        words={
            "bijv.": "bijvoorbeeld", "d.w.z.": "dat wil zeggen", "enz.": "enzovoort", "dhr.": "de heer",
            "mevr.": "mevrouw", "dr.": "dokter", "nr.": "nummer", "km/h": "kilometer per uur",
        },
    ),
}  # fmt: skip
_SIGNS = {
    "pl": Signs(at="małpa", dot="kropka", slash="ukośnik"),
    "sv": Signs(at="snabel-a", dot="punkt", slash="snedstreck"),
    "da": Signs(at="snabel-a", dot="punktum", slash="skråstreg"),
    "nb": Signs(at="krøllalfa", dot="punktum", slash="skråstrek"),
    "fi": Signs(at="ät", dot="piste", slash="kauttaviiva"),
    "cs": Signs(at="zavináč", dot="tečka", slash="lomítko"),
    "tr": Signs(at="et", dot="nokta", slash="eğik çizgi"),
    "ru": Signs(at="собака", dot="точка", slash="слэш"),
    "uk": Signs(at="равлик", dot="крапка", slash="слеш"),
    "hi": Signs(at="ऐट", dot="डॉट", slash="स्लैश"),
    "zh": Signs(at="at", dot="点", slash="斜杠"),
}


@cache
def rules_for(language: str) -> tuple[Rule, ...]:
    """The rules for a BCP 47 language tag; addresses only where nothing else is known."""
    code = language.partition("-")[0]
    if code not in _LANGUAGES:
        return web_rules(_SIGNS.get(code, Signs(at="@", dot=".", slash="/")))
    known = _LANGUAGES[code]
    own = _german_dates() if code == "de" else ()
    return (*web_rules(known.signs), *own, *_times(known), *_money(known), *_units(code, known), *_abbreviations(known))


def _times(known: Language) -> tuple[Rule, ...]:
    def said(match: re.Match[str]) -> str:
        hour, minute = int(match[1]), int(match[2])
        if hour > 24 or minute > 59:
            return match.group()
        return f"{hour} {known.time} {minute}" if minute else f"{hour} {known.time}" if len(known.time) > 1 else str(hour)

    return (
        Rule(pattern=re.compile(r"\b(\d{1,2})(?::|h(?=\d))(\d{2})\b(?![:.]\d)(?:\s?(?:Uhr|uur|h)\b)?"), say=said, digits=True),
    )


def _money(known: Language) -> tuple[Rule, ...]:
    names = {"€": known.euro, "$": known.dollar, "£": known.pound, "%": known.percent, "°C": known.degrees, "°": known.degrees}
    signs = "|".join(re.escape(sign) for sign in names)
    return (
        Rule(pattern=re.compile(rf"([€$£])\s?({_NUMBER})"), say=lambda match: f"{match[2]} {names[match[1]]}", digits=True),
        Rule(pattern=re.compile(rf"({_NUMBER})\s?({signs})"), say=lambda match: f"{match[1]} {names[match[2]]}", digits=True),
        Rule(pattern=re.compile("&"), say=always(f" {known.also} ")),
    )


def _units(code: str, known: Language) -> tuple[Rule, ...]:
    names = dict(zip(("km", "m", "cm", "mm", "kg", "g", "l"), _METRIC[code].split(), strict=True))
    names |= {name: said for name, said in known.words.items() if name == "km/h"}
    pattern = "|".join(sorted(map(re.escape, names), key=len, reverse=True))
    return (
        Rule(
            pattern=re.compile(rf"({_NUMBER})\s?({pattern})(?![\w/])"),
            say=lambda match: f"{match[1]} {names[match[2]]}",
            digits=True,
        ),
    )


def _abbreviations(known: Language) -> tuple[Rule, ...]:
    pattern = "|".join(re.escape(short) for short in sorted(known.words, key=len, reverse=True))
    return (Rule(pattern=re.compile(rf"(?<![\w.])(?:{pattern})(?!\w)"), say=lambda match: known.words[match.group()]),)


def _german_dates() -> tuple[Rule, ...]:
    """ "am 3. Mai" is "am dritten Mai", "3. Mai" alone "dritter Mai"."""

    def said(match: re.Match[str]) -> str:
        day = int(match[1])
        if not 1 <= day <= 31:
            return match.group()
        before = match.string[: match.start()].split()[-1:]
        ending = "n" if before and before[0].lower() in _GERMAN_BEFORE_DATES else "r"
        return f"{num2words(day, lang='de', to='ordinal')}{ending} {match[2]}"

    return (Rule(pattern=re.compile(rf"(?<!\w)(\d{{1,2}})\.\s?({_GERMAN_MONTHS})\b"), say=said, digits=True),)
