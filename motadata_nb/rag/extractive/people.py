"""How somebody is named in a sentence: in English, in German, and in French, Spanish, Italian or Portuguese."""

from __future__ import annotations

import re

from motadata_nb.rag.extractive.asked import asked_words
from motadata_nb.rag.words.months import MONTH
from motadata_nb.rag.words.terms import stem

__all__ = ["ENGLISH_SOMEBODY", "GERMAN_SOMEBODY", "ROMANCE_SOMEBODY", "does_it"]

_DAYS = r"(?:mon|tues|wednes|thurs|fri|satur|sun)days?"
ENGLISH_SOMEBODY = (
    rf"(?<=[\w,;:(\"'\u201c\u2013-]\s)[\"'\u201c(]?(?!(?:{MONTH}|{_DAYS})\b)(?-i:[A-Z])[\w.'-]*"
    r"|^\W*(?!(?:The|An?|This|That|These|Those|It|In|On|At|For|From|To|By|If|When)\b)(?-i:[A-Z])[\w.'-]+"
    r"|\b(?:he|she|they|his|her|their|people|company|group|\w{2,}(?:ers?|ors?|ists?|ians?|men|ants?)|man|woman|lead|teams?"
    r"|king|queen|employees?|govern\w+|committee|council|parliament|court|police|army|citizens|president|states?"
    r"|part(?:y|ies)|church|every(?:one|body)|anyone|nobody|attorney)\b"
)
"""A word with a capital that does not merely begin the sentence, or a noun for people."""
_CAPITAL = r"(?-i:[A-Z\u00c0-\u00d6\u00d8-\u00de])"
_ROMANCE_FIRST = (
    r"el|la|l[aeo]s|les?|l['\u2019]|il|gli|i|un[aeo]?s?|des?|du|del|della|dei|da|d[ao]s|en|em|in|nel|nella|a|au|aux|al|os?"
    r"|desde|depuis|par|por|para|pour|con|avec|com|sin|sans|tras|apr\u00e8s|seg\u00fan|selon|cada|chaque|ogni|todos?"
    r"|todas?|tou[st]|toutes?|este|esta|ces?|cette|cet|questo|su|sus|ses|son|sa|si|se|cuando|quand|quando|como|comme"
    r"|despu\u00e9s|luego|antes|tambi\u00e9n|adem\u00e1s|as\u00ed|aqu\u00ed|ahora|ayer|hoy|actualmente|finalmente|aunque|mientras"
    r"|donde|solo|s\u00f3lo|ensuite|puis|aussi|ainsi|ici|maintenant|hier|aujourd['\u2019]hui|actuellement|enfin|\u00e0|o\u00f9"
    r"|dopo|poi|anche|cos\u00ec|qui|ora|ieri|oggi|depois|tamb\u00e9m|assim|aqui|agora|hoje"
    r"|no|non|y|et|e|pero|mais|durante|pendant|hay|es|est|entre|sobre|sur"
)
ROMANCE_SOMEBODY = (
    rf"(?<=[\w,;:(\"'\u201c\u00ab\u2013-]\s)[\"'(\u201c\u00ab]?{_CAPITAL}[\w.'-]+"
    rf"|^\W*(?!(?:{_ROMANCE_FIRST})\b){_CAPITAL}[\w.'-]+"
    r"|\b(?:por|par|da|dal|dalla|pel[ao])\s+(?:el|l[aeo]s?|les|l['\u2019]|un[ae]?|su|sus|sa|son|ses)\s*\w"
    r"|\b(?:familias?|famil\w+|empresas?|soci\u00e9t\u00e9s?|entreprises?|compa\u00f1\u00ed\w+|compagnies?|cooperativas?"
    r"|coop\u00e9rative|grupos?|groupes?|comit\u00e9|consejo|conseil|gobierno|gouvernement|ayuntamiento|mairie|ville"
    r"|ciudad|iglesia|\u00e9glise|rey|reina|roi|reine|pueblo|peuple|ej\u00e9rcito|arm\u00e9e|polic\u00eda|hombres?|mujer\w*"
    r"|hommes?|femmes?|gens|gente|personas?|personnes?|nadie|personne|emplead\w+|salari\u00e9s?|equipo|\u00e9quipe"
    r"|seguro|assurance|president\w*|pr\u00e9sident\w*|padres?|madres?|p\u00e8re|m\u00e8re|parents?"
    r"|\w{3,}(?:[oi]res|ora|oras|er[oa]s?|istas?|istes?|eurs?|euses?|rices?|iens?|iennes?|anos?|eses?))\b"
)
"""The same, or somebody by whom a thing is done: "por la empresa"."""
GERMAN_SOMEBODY = (
    r"(?!(?:d(?:er|ie|as|en|em|es)|ein\w*|im|in|am|an|zum|zur|bei|auf|f\u00fcr|mit|nach|vor|seit|jed\w+|unser\w*)\b)"
    rf"\b{_CAPITAL}[\w.-]+(?:\s+(?:von|van|de|der|zu|und))?\s+{_CAPITAL}[\w-]+"
    r"|\b(?:Herrn?|Frau|Dr|Familie|Firma|Verein|Gemeinde|Stadt|Kirche|K\u00f6nig\w*|Kaiser\w*|Volk|Gruppe|Regierung"
    r"|Rat|Polizei|Armee|Gericht|Leute|Menschen|jeder|alle|niemand|wer)\b"
    rf"|\b(?:von|vom|durch)\s+(?:d\w+\s+|ein\w*\s+|ihr\w*\s+|sein\w*\s+|unser\w*\s+)?{_CAPITAL}"
    rf"|(?<=\w\s)(?:die|der|das|ein|eine|unsere?|ihre?|seine?)\s+(?:[a-z\u00e4\u00f6\u00fc\u00df]+\s+)?{_CAPITAL}"
    rf"|(?-i:\b[A-Z\u00c4\u00d6\u00dc]\w+(?:er|ern|erin|innen|eur|ist|isten|ent|enten|oren?|ler|leute|mann|frau|kraft|kr\u00e4fte)\b)"
)
"""Two words with a capital, an agent, or a noun for a person: each German noun has a capital."""
_DOER = (
    r"\b(?:the|an?|our|his|her|its|their|my|your|some|two|three|four|five|six|several|many|every|each|\d+)\s+"
    r"(?:[\w-]+,?\s+){{0,3}}?(?!(?:is|are|was|were|be|been|being|has|have|had|to|and|or|not|for|of|in|by)\s)[\w-]+,?\s+"
    r"(?:(?:will|must|may|can|should|also|often|always|usually|has|have|had)\s+)?{verb}\w*"
)


def does_it(question: str, sentence: str) -> bool:
    """Whether something stands before the verb of "Who sleeps there?" as what does it: "the cat sleeps"."""
    verbs = asked_words(question).does
    return any(re.search(_DOER.format(verb=re.escape(stem(verb))), sentence, re.IGNORECASE) for verb in verbs)
