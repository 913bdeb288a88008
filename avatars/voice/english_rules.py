"""What English does not read letter by letter: dates, times, money, units, abbreviations, signs.

Plain numbers, years, decimals and ordinals stay digits: the reader of words knows them.
"""

import re
from collections.abc import Iterable

from avatars.voice import english_words as words
from avatars.voice.reading import Rule, Say, always
from avatars.voice.web_rules import Signs, web_rules

_NUMBER = r"\d+(?:,\d{3})*(?:\.\d+)?"
_MAGNITUDE = r"(?:\s?(hundred|thousand|million|billion|trillion|bn|[kKmMbB])\b)?"
_LONGEST_NUMBER = 15


def _any(options: Iterable[str]) -> str:
    return "|".join(re.escape(option) for option in sorted(options, key=len, reverse=True))


_MONTH = _any([*words.MONTHS.values(), *(month.capitalize() for month in words.MONTHS), "Sept"])


def _ordinal(number: int) -> str:
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def _date(month: int, day: int, year: str) -> str:
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return ""
    return f"{[*words.MONTHS.values()][month - 1]} {_ordinal(day)}" + (f", {year}" if year else "")


def _iso_date(match: re.Match[str]) -> str:
    return _date(int(match[2]), int(match[3]), match[1]) or match.group()


def _slashed_date(match: re.Match[str]) -> str:
    first, second, year = int(match[1]), int(match[2]), match[3]
    month, day = (first, second) if first <= 12 else (second, first)
    return _date(month, day, year if len(year) == 4 else f"20{year}") or match.group()


def _month_day(match: re.Match[str]) -> str:
    day = int(match[2])
    if not 1 <= day <= 31:
        return match.group()
    return f"{words.MONTHS[match[1].lower()[:3]]} {_ordinal(day)}"


def _day_month(match: re.Match[str]) -> str:
    day = int(match[2])
    if not 1 <= day <= 31:
        return match.group()
    return f"the {_ordinal(day)} of {words.MONTHS[match[3].lower()[:3]]}"


def _time(match: re.Match[str]) -> str:
    hour, minute, half = int(match[1]), int(match[2] or 0), match[3]
    if hour > 24 or minute > 59:
        return match.group()
    past = f" oh {minute}" if 0 < minute < 10 else f" {minute}" if minute else "" if half else " o'clock"
    return f"{hour}{past}" + (f" {half.upper()} M" if half else "")


def _money(match: re.Match[str]) -> str:
    sign, amount, magnitude = match[1], match[2], match[3]
    return _amount(amount, magnitude or "", words.CURRENCIES[sign])


def _money_after(match: re.Match[str]) -> str:
    return _amount(match[1], "", words.CURRENCIES[match[2]])


def _amount(amount: str, magnitude: str, names: tuple[str, str, str]) -> str:
    one, many, small = names
    if magnitude:
        return f"{amount} {words.MAGNITUDES.get(magnitude.lower(), magnitude)} {many}"
    whole, _, rest = amount.partition(".")
    if len(rest) > 2 or not rest.strip("0"):
        return f"{whole if not rest.strip('0') else amount} {one if amount == '1' else many}"
    minor = f"{int(rest.ljust(2, '0'))} {small}"
    return minor if not whole.strip("0") else f"{whole} {one if whole == '1' else many} and {minor}"


def _unit(match: re.Match[str]) -> str:
    one, many = words.UNITS[match[2]]
    return f"{match[1]} {one if match[1] == '1' else many}"


def _fraction(match: re.Match[str]) -> str:
    over, under = int(match[1]), int(match[2])
    if not 0 < over < under <= 10:
        return f"{over} slash {under}"
    part = words.FRACTIONS[under]
    if over == 1:
        return f"one {part}"
    return f"{over} " + ("halves" if part == "half" else f"{part}s")


def _digits(match: re.Match[str]) -> str:
    """Digit by digit in groups of three: a number that is a name."""
    only = re.sub(r"\D", "", match.group())
    return ", ".join(" ".join(only[at : at + 3]) for at in range(0, len(only), 3))


def _long_number(match: re.Match[str]) -> str:
    return _digits(match) if sum(letter.isdigit() for letter in match.group()) > _LONGEST_NUMBER else match.group()


def _phone(match: re.Match[str]) -> str:
    groups = re.findall(r"\d+", match.group())
    return ("plus " if match.group().startswith("+") else "") + ", ".join(" ".join(group) for group in groups)


def _roman(match: re.Match[str]) -> str:
    values = {"I": 1, "V": 5, "X": 10, "L": 50}
    signs = [values[letter] for letter in match[2]]
    total = sum(-one if one < after else one for one, after in zip(signs, [*signs[1:], 0], strict=True))
    return f"{match[1]} {total}"


def _numeric(pattern: str, say: Say) -> Rule:
    return Rule(pattern=re.compile(pattern), say=say, digits=True)


def _word(pattern: str, say: Say) -> Rule:
    return Rule(pattern=re.compile(pattern), say=say)


RULES: tuple[Rule, ...] = (
    *web_rules(Signs(at="at", dot="dot", slash="slash", dash="dash", underscore="underscore")),
    _numeric(r"\b(\d{4})-(\d{2})-(\d{2})(?!\d)", _iso_date),
    _numeric(r"\b(\d{1,2})/(\d{1,2})/(\d{4}|\d{2})\b", _slashed_date),
    _numeric(rf"\b({_MONTH})\.? (\d{{1,2}})(?:st|nd|rd|th)?\b(?![\d:%.]\d)", _month_day),
    _numeric(rf"\b(the )?(\d{{1,2}})(?:st|nd|rd|th)? (?:of )?({_MONTH})\b", _day_month),
    _numeric(r"\b(\d{1,2}):(\d{2})(?::\d{2})?(?:\s?([AaPp])\.?[Mm]\b)?(?!:?\d)", _time),
    _numeric(r"\b(\d{1,2})()\s?([AaPp])\.?[Mm]\b", _time),
    _numeric(r"(?<![\w.])\+\d{1,3}(?:[ -]?\(?\d{1,4}\)?){2,5}\b", _phone),
    _numeric(r"(?<![\w.-])(?:\(\d{3}\) ?|\d{3}[ -])?\d{3}-\d{4}(?![\w-])", _phone),
    _numeric(rf"(?<!\w)({_any(words.CURRENCIES)})\s?({_NUMBER}){_MAGNITUDE}", _money),
    _numeric(rf"(?<![\w.])({_NUMBER})\s?({_any(words.CURRENCIES)})(?!\w)", _money_after),
    _numeric(rf"(?<![\w.])(-?{_NUMBER})\s?({_any(words.UNITS)})(?!\w)", _unit),
    _numeric(r"(?<![\d,])\d[\d,]{14,}", _long_number),
    _numeric(r"\b(?:v(?=\d))?(\d+(?:\.\d+){2,})\b", lambda match: match[1].replace(".", " dot ")),
    _numeric(r"(?<![\w./])24/7(?![\w/])", always("24 7")),
    _numeric(r"(?<![\w./])(\d{1,2})/(\d{1,2})(?![\w/])", _fraction),
    _numeric(r"(?<![\w./])(\d+):(\d+)(?![\w:])", lambda match: f"{match[1]} to {match[2]}"),
    _numeric(r"(?<![\w.,-])(\d{1,4})\s?[-–]\s?(\d{1,4})(?![\w-]|[.,]\d)", lambda match: f"{match[1]} to {match[2]}"),
    _numeric(r"(?<!\w)#(?=\d)", always("number ")),
    _numeric(r"\b(?:No|Nos)\. ?(?=\d)", always("number ")),
    _numeric(r"(?<![\w)])-(?=\d)", always("minus ")),
    _numeric(r"(?<=\d)x(?=\d|\s|$)", lambda match: " times " if match.end() < len(match.string) else " times"),
    _word(rf"\b({_any(words.NUMBERED)}) (?=[IVXL])([IVX]*L?[IVX]+)\b(?!['’])", _roman),
    _word(rf"\b({_any(words.TITLES)})\.? (?=[A-Z])", lambda match: f"{words.TITLES[match[1]]} "),
    _word(rf"(?<![\w.])({_any(words.ABBREVIATIONS)})(?!\w)", lambda match: words.ABBREVIATIONS[match[1]]),
    _word(rf"[{''.join(words.VULGAR_FRACTIONS)}]", lambda match: f" {words.VULGAR_FRACTIONS[match.group()]} "),
    _word(r"(?<!\w)#(?=[A-Za-z])", always("hashtag ")),
    _word(rf"[{re.escape(''.join(words.SIGNS))}]", lambda match: f" {words.SIGNS[match.group()]} "),
    _word(r"(?<=[A-Za-z])/(?=[A-Za-z])", always(" ")),
    _word(r"[|\\^_~<>{}\[\]*`]", always(" ")),
)
