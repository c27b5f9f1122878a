"""Whether a sentence has what a question asks for by its first words: a number of things, a price, a date, somebody."""

from __future__ import annotations

import re
from typing import NamedTuple

from motadata_nb.rag.extractive.cues import rest
from motadata_nb.rag.extractive.people import ENGLISH_SOMEBODY, GERMAN_SOMEBODY, ROMANCE_SOMEBODY, does_it
from motadata_nb.rag.words.months import MONTH
from motadata_nb.rag.words.terms import SPOKEN_NUMBER, content, stem

__all__ = ["lacks_kind"]

_BEFORE = (
    r"^\W*(?:(?:in|on|at|by|from|to|for|of|with|under|during|since|until|about|and|an|bis|f\u00fcr|mit|seit|zu"
    r"|desde|hasta|para|con|en|de|\u00e0|depuis|jusqu'\u00e0) )?"
)
_SAID_NUMBERS = r"""
dozens? half double twice once hundreds? thousands? millions? billions? thirds? quarters? several many few most majority
all no both little none any vast large more less single pair enough
ein(?:e[nmrs]?)? zwei drei vier f\u00fcnf sechs sieben acht neun zehn elf zw\u00f6lf kein(?:e[nmrs]?)? alle mehrere
halb(?:e[nmrs]?)? beide viele un[ao]? dos tres cuatro cinco seis siete ocho nueve diez doce ning\u00fan ninguna todos
todas varios varias medi[ao] trece catorce quince dieci\w+ veint\w+ treinta cuarenta cincuenta sesenta setenta ochenta
noventa cien(?:to)?s? mil \w*(?:zehn|zwanzig|drei\u00dfig|(?:vier|f\u00fcnf|sech|sieb|acht|neun)zig|hundert|tausend)
deux trois quatre cinq sept huit neuf dix douze treize quatorze quinze seize vingts? trente quarante cinquante soixante
cents? mille aucune? tous toutes plusieurs
"""
_SAID = rf"(?:\b(?:{'|'.join(_SAID_NUMBERS.split())})\b|{SPOKEN_NUMBER.pattern})"
_NUMBER = rf"\d|{_SAID}"
_OFTEN = (
    r"daily|weekly|monthly|yearly|quarterly|every|each|annual(?:ly)?|rarely|often|usually|always|never|t\u00e4glich"
    r"|w\u00f6chentlich|monatlich|j\u00e4hrlich|jede[nmrs]?|(?:ein|zwei|drei|vier)mal|immer|selten|cada|siempre|nunca"
    r"|diari\w*|chaque|toujours|jamais|rarement"
)
_TIMES = (
    r"seconds?|minutes?|hours?|days?|weeks?|months?|years?|decades?|nights?|o'clock|[ap]\.?m\b"
    r"|sekunden?|minuten?|stunden?|tag(?:e[ns]?)?|wochen?|monat(?:e[ns]?)?|jahr(?:e[ns]?)?|uhr"
    r"|segundos?|minutos?|horas?|d[\u00edi]as?|semanas?|mes(?:es)?|a\u00f1os?|secondes?|heures?|jours?|semaines?|mois|ans"
)
_MONEY = (
    r"[$\u20ac\u00a3\u00a5]|\b(?:dollars?|euros?|pounds?|pence|cents?|c\u00e9ntimos?|francs?|franken|kronor|yen|rupees?"
    r"|[EGU](?:UR|BP|SD)|CHF|free|kostenlos|kostenfrei|gratis|gratuit\w*|gratuitement|unentgeltlich|umsonst)\b"
)
_LENGTHS = (
    r"feet|foot|ft|inch(?:es)?|yards?|miles?|[kcm]?m|(?:kilo|centi|milli)?met(?:er|re)[ns]?|metros?|m\u00e8tres?"
    r"|kil\u00f3metros?|kilom\u00e8tres?"
)
_COLOURS = (
    r"(?:(?:dark|light|pale|bright) ?-?)?(?:black|blue|brown|gold(?:en)?|gr[ae]y|green|orange|pink|purple|red|silver"
    r"|violet|white|yellow|beige|turquoise|crimson|scarlet|maroon)|colou?r\w*|farb\w*"
    r"|(?:dunkel|hell)?(?:schwarz|blau|braun|grau|gr\u00fcn|rot|wei\u00df|gelb)(?:e[nmrs]?)?|rosa|lila|negr[oa]s?|azul\w*"
    r"|marr\u00f3n\w*|gris\w*|verdes?|naranja|roj[oa]s?|blanc\w*|amarill\w+|noire?s?|bleue?s?|marron|vert(?:es?|s)?"
    r"|rouges?|jaunes?"
)
_MEASURES = (
    rf"{_TIMES}|{_LENGTHS}|percent|per cent|prozent|por ciento|pour cent|kg|grams?|lit(?:er|re)s?|degrees?|[kM]?W|dB"
)
_DATED = re.compile(
    rf"\b\d{{1,2}}\.?\s+(?:de\s+)?(?:{MONTH})\b(?:\s+(?:de\s+)?\d{{4}})?"
    rf"|\b(?:{MONTH})\.?\s+\d{{1,4}}\b(?:,?\s+\d{{4}})?"
    r"|\b\d{4}-\d\d(?:-\d\d)?\b|\b\d{1,2}[./]\d{1,2}[./]\d{2,4}\b|\b(?:1[0-9]|20)\d\d(?:s|\b)(?!\s[a-z]+s\b|[.,]?\d)"
    r"|\b\d{1,2}:\d\d\b|\b\d+(?:st|nd|rd|th)\b|^\W*\d{1,2}(?:\.\d{1,2})*[.)]?\s+(?-i:(?=[A-Z]))",
    re.IGNORECASE,
)
"""Numbers that say when, or where in a document: no amounts."""
_MEASURED = re.compile(
    rf"(?:\d[\d.,]*|{_SAID})\s*(?:-\s*)?(?:%|(?:{_MEASURES})\b|{_MONEY})|[$\u20ac\u00a3\u00a5]\s*\d[\d.,]*",
    re.IGNORECASE,
)
_WHEN = rf"""
(?:1\d|20)\d\ds? \d{{2,3}}0s (?<=in\s)\d{{3}}
\d{{1,2}}(?:st|nd|rd|th) \d{{1,2}}[:.]\d\d {MONTH} {_TIMES} \w*days? century centuries bc ad today
at\s(?:(?:about|around|half\spast|(?:a\s)?quarter\s(?:past|to))\s)*(?:\d{{1,2}}(?!\s?%|[\d.,])|{SPOKEN_NUMBER.pattern})
morning evening midday noon dawn dusk sunrise sunset midnight during after before until till since once if when while
spring summer autumn winter age period time era later early late prior upon end beginning always never now currently
above over sooner immediately
\w+tags? nach vor w\u00e4hrend bis seit ab sobald wenn sofort immer jederzeit fr\u00fchestens sp\u00e4testens
lunes martes mi\u00e9rcoles jueves viernes s\u00e1bados? domingos? antes despu\u00e9s hasta desde siempre nunca
nacht nachts morgens vormittags mittags nachmittags abends d\u00e4mmerung einbruch sonnen\w+ nightfall night noche
amanecer anochecer mediod\u00eda medianoche ma\u00f1ana tarde nuit aube matin midi minuit soir cr\u00e9puscule
lundi mardi mercredi jeudi vendredi samedi dimanche avant apr\u00e8s jusqu depuis toujours
"""
_PEOPLE = (ENGLISH_SOMEBODY, GERMAN_SOMEBODY, ROMANCE_SOMEBODY)
_PERSONAL = re.compile(r"\W*(?:he|she|they|his|her|their|er|sie|ils?|elles?|\u00e9l|ellos|ellas?)\b", re.IGNORECASE)
"""Who is meant stands in the sentence before."""


class _Kind(NamedTuple):
    asked: re.Pattern[str]
    found: re.Pattern[str]
    undated: bool = False
    """Whether numbers that are dates do not count."""
    unmeasured: bool = False
    """Whether numbers do not count that measure something else than what is asked for."""
    besides: re.Pattern[str] | None = None
    """What is an answer all the same."""


def _kind(
    asked: str,
    found: str,
    *,
    undated: bool = False,
    unmeasured: bool = False,
    anywhere: bool = False,
    besides: str = "",
) -> _Kind:
    first = "" if anywhere else _BEFORE
    asks, says = re.compile(f"{first}(?:{asked})", re.IGNORECASE), re.compile(found, re.IGNORECASE)
    return _Kind(asks, says, undated, unmeasured, re.compile(besides, re.IGNORECASE) if besides else None)


_PRICED = (
    r"how much (?:do|does|did|is|was|are|were|will|would)\b.*\b(?:cost|paid|pay|earn|charged?|spend|spent|reimbursed)\b"
    r"|(?:what|how high) (?:is|was|are|were|do|does|did) (?:the )?(?:[\w-]+ ){0,3}?"
    r"(?:prices?|costs?|fees?|salary|wages?|rent)\b"
    r"|(?:was|wie ?viel) kostete?n?\b|wie hoch (?:ist|sind|war) (?:der preis|die kosten|die geb\u00fchr)|wie teuer\b"
    r"|\u00bf?cu\u00e1nto (?:cuesta|vale|cost\u00f3)n?\b|combien co\u00fbten?t?\b|quanto (?:costa|custa)"
)
_COLUMN = (
    r"\b\w*(?:prices?|costs?|fees?|charges?|rent|salary|wages?|amount|preise?|kosten|geb\u00fchr(?:en)?|precios?|prix"
    r"|prezzo|pre\u00e7o)\b[^;:\n]{0,20}:\s*(?:[^\W\d]{1,4}\s?)?\d"
)
"""A cell under the name of what something costs: tables leave the currency to their header."""
_FIGURE = (
    r"what (?:is|was|are|were) the (?:[\w-]+ ){0,3}?(?:rate|limit|size|amount|length|weight|height|depth|width|diameter"
    r"|temperature|speed|capacity|percentage|number of [\w-]+|population)\b"
)
_WITHIN = (
    r"\b(?:within|in|after|inside|takes?|took|innerhalb|binnen|nach)\s+(?:(?:of|about|under|only|von|\w+ly)\s+)?"
    rf"(?:an?\s+|(?:\d[\d.,]*|{_SAID})\s*(?:(?:to|or|bis|-)\s*(?:\d+|{_SAID})\s*)?-?\s*)"
    rf"(?:\w+\s+)?(?:{_TIMES})\b"
)
"""How soon something is done; that it lasts "for nine days" is not."""
_TIME = _kind(
    r"(?:when\b(?!.*,\s*(?:what|who|which|how)\b)|wann|cu\u00e1ndo|quand|quando)\b"
    r"|(?:what|which) (?:year|date|day|month|decade|century)\b",
    rf"\b(?:{'|'.join(_WHEN.split())})\b",
)
_KINDS = (
    _kind(
        r"how (?:deep|tall|wide|thick)\b|wie (?:tief|breit|dick)\b|\u00bf?cu\u00e1nto miden?\b|combien mesuren?t?\b",
        rf"\b(?:{_LENGTHS})\b|\d\s?(?:[kcm]?m|ft)\b|[:\u2014]\s*\d|\d\s*(?:x|by|\u00d7)\s*\d",
    ),
    _kind(
        r"how (?:deep|high|tall|wide|far|thick)\b"
        r"|what (?:is|was) the (?:[\w-]+ )?(?:height|depth|width|diameter|wingspan)\b"
        r"|\u00bf?cu\u00e1nto miden?\b|quelle est la (?:hauteur|largeur|longueur|profondeur|surface|superficie)\b"
        r"|wie (?:tief|hoch|breit|weit|dick) (?:ist|sind)\b(?! (?:der|die|das) (?:preis|kosten|\w*geb\u00fchr))",
        rf"\b(?:{_LENGTHS})\b|\d(?:[kcm]?m|ft)\b|{_NUMBER}", undated=True,
    ),
    _kind(
        r"(?:what|which) temperature\b|how (?:hot|cold|warm)\b|welche[mnrs]? temperatur\b|wie (?:hei\u00df|kalt|warm)\b"
        r"|qu\u00e9 temperatura\b|quelle temp\u00e9rature\b",
        r"\d\s*(?:\u00b0|degrees?|grad|grados?|degr\u00e9s?|[CFK]\b)|\bdegrees?\b|\bdegr\u00e9s?\b|\b(?:hot|cold|warm|cool|boiling)\b"
        r"|\b(?:hei\u00df|kalt|warm|fr\u00edo|caliente|froid|chaud)\w*",
    ),
    _kind(
        r"how heavy\b|wie schwer\b|cu\u00e1nto pesan?\b|combien p\u00e8sent?\b",
        rf"(?:\d|{_SAID})\s*-?(?:[km\u00b5]?g|t|lbs?|oz|tons?|tonnes?|tonnen?|toneladas?|pounds?|ounces?|stone|kilos?"
        r"|(?:kilo|milli)?gram\w*|pfund|libras?)\b|\b(?:weigh\w*|weight|gewicht|peso|poids)\b.{0,30}\d",
    ),
    _kind(
        r"how long\b|wie lange?\b|cu\u00e1nto (?:tiempo|duran?)\b|combien (?:de temps|duren?t?)\b|quanto tempo",
        rf"\b(?:{_TIMES}|{_LENGTHS}|\w+day|cent(?:ury|uries)|semesters?|terms?|until|till|since|lifetime|permanent\w*|forever"
        r"|unbefristet|dauerhaft|dauer\w*|bis|hasta|jusqu\w*)\b|\d",
    ),
    _kind(
        r"how old\b|wie alt\b|qu\u00e9 edad\b|quel \u00e2ge\b",
        rf"\b(?:age[ds]?|born|geboren|naci\w+|n\u00e9e?s?)\b|(?<!for )(?<!within )(?:\d|{_SAID}) ?-?"
        r"(?:years?|months|jahre?|a\u00f1os?|ans)\b"
        r"|\(\d+\)|, \d+,",
    ),
    _kind(
        r"how many\b|wie ?viele\b|cu\u00e1nt[oa]s\b|combien de (?!temps)|quant[ei]\b|quant[oa]s\b",
        _NUMBER, undated=True, unmeasured=True,
    ),
    _kind(
        r"how (?:much|heavy|large|big|loud)\b|wie ?viel\b", _NUMBER, undated=True,
        besides=r"\b(?:free of charge|gratis|kostenlos|kostenfrei|gratuit\w*)\b|: free\b",
    ),
    _kind(
        r"how fast\b|wie schnell\b", rf"{_NUMBER}|[mk]?/[hs]\b|\b(?:mph|knots|per)\b|\b(?:fast|slow)\w*",
        undated=True, unmeasured=True, besides=_WITHIN,
    ),
    _kind(
        r"(?:what|which) colou?rs?\b|welche farben?\b|(?:de )?qu\u00e9 color\b|(?:de )?quelle couleur\b",
        rf"\b(?:{_COLOURS})\b",
    ),
    _kind(r"how often\b|wie oft\b", rf"{_NUMBER}|\b(?:{_OFTEN})\b"),
    _kind(_FIGURE, _NUMBER, undated=True),
    _kind(_PRICED, rf"{_MONEY}|\b(?:million|billion)\b|%|\bpercent\b", besides=_COLUMN),
    _TIME,
    _kind(
        r"(?:what|which) year\b|welche[mns]? jahr\b|qu\u00e9 a\u00f1o\b|quelle ann\u00e9e\b|che anno\b|que ano\b",
        r"\b\d{3,4}s?\b|\b(?:years?|century|decade|ago|jahr\w*|a\u00f1os?|siglo|ann\u00e9e|ans|si\u00e8cle|ann[oi]|secolo)\b",
    ),
    _kind(r"(?:who|whom|whose)\b", ENGLISH_SOMEBODY),
    _kind(r"(?:wer|wem|wen)\b", GERMAN_SOMEBODY),
    _kind(r"(?:qui\u00e9n(?:es)?|qui|quem)\b", ROMANCE_SOMEBODY),
    _kind(r"\be-?mail(?: address|-adresse)\b|\bcorreo electr\u00f3nico\b", r"@", anywhere=True),
    _kind(
        r"\b(?:tele)?(?:phone|fax|mobile) number\b|\b(?:telefon|handy)nummer\b|\b(?:el|n\u00famero de) tel\u00e9fono\b"
        r"|\bnum\u00e9ro de t\u00e9l\u00e9phone\b",
        r"(?:\d[\s()/.-]{0,2}){5,}", anywhere=True,
    ),
)  # fmt: skip
_COMPOUND = re.compile(
    r"\bwie ?viele? \w+?(?P<unit>sekunden|minuten|stunden|tage|wochen|monate|jahre|meter|liter|gramm|euro)\b",
    re.IGNORECASE,
)
_TIMELY = frozenset(stem(word) for word in "day days year years end month months century first week weeks".split())
"""Of the question's words, those that are an answer all the same: "at the end of the year"."""


def lacks_kind(question: str, sentence: str) -> bool:
    """Whether *sentence* has nothing of the kind that *question* asks for, beside the question's own words."""
    kinds = [kind for kind in _KINDS if kind.asked.search(question)]
    if _PERSONAL.match(sentence):
        kinds = [kind for kind in kinds if kind.found.pattern not in _PEOPLE]
    if _PEOPLE[0] in {kind.found.pattern for kind in kinds} and does_it(question, sentence):
        kinds = [kind for kind in kinds if kind.found.pattern not in _PEOPLE]
    known = set(content(question)) | _measures_of(question)
    return not all(_has(kind, sentence, known - _TIMELY if kind is _TIME else known) for kind in kinds)


def _measures_of(question: str) -> set[str]:
    """What a German compound counts: "Tage" in "Wie viele Urlaubstage"."""
    match = _COMPOUND.search(question)
    return set(content(match["unit"])) if match else set()


def _has(kind: _Kind, sentence: str, known: set[str]) -> bool:
    if kind.besides and kind.besides.search(sentence):
        return True
    left = rest(_DATED.sub(" ", sentence) if kind.undated else sentence, known)
    return kind.found.search(_MEASURED.sub(" ", left) if kind.unmeasured else left) is not None
