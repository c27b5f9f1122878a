"""Instructions hidden in passages: text that speaks to the model instead of the reader, with reason and span.

A small set of named patterns, in English and German, so that a flag can be explained. It flags, it does not judge:
passages stay quoted as data.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

__all__ = ["Flag", "find_injections"]


class Flag(NamedTuple):
    """A suspicious span: ``passage[start:end] == text``."""

    reason: str
    start: int
    end: int
    text: str


_PRIOR = (
    r"(?:previous|preceding|prior|above|before|earlier|past|all|every\w*|any|your|the|these|those|my|system|provided"
    r"|given|other|said|old)"
)
_ORDERS = (
    r"(?:instructions?|directions?|orders?|commands?|prompts?|rules?|guidelines?|tasks?|assignments?|context"
    r"|documents?|texts?"
    r"|information|thoughts?|articles?|content|messages?|everything|training|programming|restrictions?|policies)"
)
_PATTERNS: tuple[tuple[str, str], ...] = (
    (
        "overrides instructions",
        rf"\b(?:ignor\w*|forget|disregard\w*|abandon|neglect|overlook|overrid\w*|bypass|do not follow"
        rf"|don'?t follow|stop following)\b"
        rf"(?:\W+(?:about|out|of|to)\b)*(?:\W+{_PRIOR}\b){{0,5}}\W+(?:{_ORDERS}|above|before|that|this|it all)\b"
        r"|\b(?:forget|ignore|disregard)\s+(?:about\s+)?(?:everything|all|that|anything|above)\b"
        r"|\b(?:vergiss|vergessen|ignorier\w*|missachte\w*|streiche\w*)\b[^.!?\n]{0,40}"
        r"\b(?:alle[ns]?|anweisung\w*|aufgaben?|aufträge\w*|befehle?|vorherige\w*|bisherige\w*|gesagte\w*|davor"
        r"|vorangegangene\w*)"
        r"|\bhöre nicht auf\b|\b(?:alle|vorangegangene\w*)\b[^.!?\n]{0,30}\b(?:zu streichen|zu vergessen"
        r"|zu ignorieren)",
    ),
    (
        "sets a new task",
        r"\b(?:your|now (?:a|your|comes a)|great|following) (?:new|next|real|actual)\s+(?:task|assignment"
        r"|challenge|instruction|mission)s?\b|\bnew tasks? (?:follow|is|:)|\bnow\s+(?:focus|concentrate)\b"
        r"|\bconcentrate (?:only )?on (?:this|your|the)\b|\bneue[nrs]?\s+(?:aufgaben?|aufträge?|herausforderung\w*)\b"
        r"|\b(?:that is|very good|well) done\b[^\n]{0,40}\bnow\b|\bstart over\b",
    ),
    (
        "assigns a role",
        r"(?:^|[.!?:;,]\s*|\byou (?:to |will |must |should |can )?|\bplease )(?:act|behave|respond|pretend"
        r"|roleplay|role-play)\s+"
        r"(?:as\b|like\b|to be\b|that you\b)|\byou are (?:now|no longer)\b|\bnow you are\b"
        r"|\b(?:i want|i need|i would like) you to (?:act|be|play|pretend|respond|answer|write|say|do)\b"
        r"|\brole-?playing\b"
        r"|\byou (?:are|will be) (?:a|an|the|three|my|going to)\b(?=[^.?!\n]{0,80}[.,!])|\bfrom now (?:on"
        r"|known),? (?:you|as|only|answer|your)\b|\bimagine (?:that )?you\b"
        r"|\bdu bist (?:jetzt|nun|ein\w*|zeit|der|die)\b|\bstell dir vor\b|\bals \w+ auftreten\b"
        r"|\b(?:fungier\w*|agier\w*) als\b"
        r"|\bich möchte, dass sie\b|\byou are time online\b",
    ),
    (
        "dictates the output",
        r"\b(?:just|only|simply|please|then|but|instead|stop:?|now)\s+(?:say|output|print|repeat|reply|respond"
        r"|answer|write|tell me)\b"
        r"(?=[^.\n]{0,60}[\"'\u201c!:]|\s+(?:that|yes|no|with|hello|a|an|the following)\b)|\brepeat after me\b"
        r"|^\W*(?:say|write|print|output)\s+[\"'\u201c]"
        r"|\b(?:sag|sage|schreib|schreibe|antworte|gib)\s+(?:nur|jetzt|mir|bitte|einfach|mit|eine antwort)\b"
        r"|\bsondern (?:schreibe|sage)\b"
        r"|\bsay (?:yes|no|that|what|\")|\banswer (?:only|with|me with)\b|\brespond to (?:all|any|every)\b"
        r"|\bformulier\w* [^.\n]{0,40}\bunwahre?\b"
        r"|\b(?:untrue|false) headline\b|\bif you don'?t know, say\b|\bexecute the (?:following )?(?:command"
        r"|code)\b|\bwrite (?:me )?a (?:love poem|manifesto|poem)\b",
    ),
    (
        "asks for the prompt",
        r"\b(?:show|reveal|print|display|tell|give|output|repeat|leak|share|what (?:is|are|was|were))\b[^.?!\n]{0,40}"
        r"\b(?:system prompts?|prompt[ _-]?texts?|prompts?|initial instructions?|(?:hidden|secret) (?:rules"
        r"|instructions?))\b"
        r"|\bprompt[ _-]texte?s?\b|\bsystem prompt\b|\bzeig\w*\b[^.?!\n]{0,40}\b(?:prompt|anweisungen)",
    ),
    (
        "addresses the model",
        r"\b(?:hello|hi|hey|dear|attention|as an?|you as an?)\b[^.?!\n]{0,10}\b(?:gpt|chatgpt|ai|language model"
        r"|assistant|llm|bot|ki)\b"
        r"|\bdo anything now\b|\bjailbreak\w*\b|\bdeveloper mode\b|\bwithout (?:any )?(?:restrictions"
        r"|filters?)\b|\bare you (?:as )?a (?:language model|bot)\b"
        r"|\bhaha (?:pwned|got you)\b|\bdu (?:bist )?eine? (?:böse )?ki\b|\bwhen were you trained\b"
        r"|\bas a language model\b",
    ),
    (
        "imitates the conversation",
        r"<\|?(?:im_start|im_end|system|endoftext|assistant|user)\|?>|\[/?INST\]|<</?SYS>>"
        r"|^\s*#{2,}\s*(?:system|instruction|assistant|new instructions?)\b"
        r"|^\s*(?:system|assistant)\s*:",
    ),
    ("hides text", "[\u200b\u2060\u2062-\u2064\u202a-\u202e\u2066-\u2069\U000e0000-\U000e007f]+"),
)
_COMPILED = tuple((reason, re.compile(p, re.IGNORECASE | re.MULTILINE)) for reason, p in _PATTERNS)


def find_injections(passage: str) -> list[Flag]:
    """Every suspicious span of *passage* in the order of the text; spans of different reasons may overlap."""
    return sorted(_matches(passage), key=lambda flag: (flag.start, flag.end))


def _matches(passage: str) -> Iterator[Flag]:
    for reason, pattern in _COMPILED:
        for match in pattern.finditer(passage):
            if match.group().strip():
                yield Flag(reason, match.start(), match.end(), match.group())
