"""How text speaks to a model instead of a reader: named patterns, so that a flag can be explained.

A command counts where a sentence or a clause begins; in the middle of one ("it is fair to say that …") it is prose.
"""

from __future__ import annotations

from motadata_nb.rag.injection.languages import AWAY, FOREIGN

__all__ = ["ALWAYS", "BEFORE", "MODEL", "ORDERS", "OTHER_LETTERS", "OVERRIDES", "PATTERNS", "SAY", "START"]

START = (
    r"(?:^|[.!?:;,)\]*>]\s*|(?:^|\s)[-\u2013\u2022]\s+|\b(?:please|now|then|but|instead|so|just|only|simply"
    r"|stop|okay?|hey"
    r"|bitte|jetzt|sondern)\b[,:!]?\s+)"
)
BEFORE = (
    r"(?:previous|preceding|prior|above|before|earlier|past|all|every\w*|any|your|the|these|those|my"
    r"|system|provided|given|other|said|old|such|initial|original|of|out|about|to|a)"
)
ORDERS = (
    r"(?:instructions?|directions?|directives?|orders?|commands?|prompts?|rules?|guidelines?|guardrails?"
    r"|guidance|tasks?"
    r"|assignments?|context|documents?|texts?|information|thoughts?|articles?|content|messages?|everything|training"
    r"|programming|restrictions?|policies|safety (?:settings|measures)|conversation)"
)
_GONE = (
    r"(?:ignor(?:e|ing)|forget|disregard(?:ing)?|abandon|neglect|overlook|overrid(?:e|ing)"
    r"|bypass(?:ing)?|discard)"
)
_UNFOLLOWED = r"(?:do\s+not|don['\u2019]?t|stop|no\s+longer|never)\s+follow(?:ing)?"
OVERRIDES = (
    rf"\b{_GONE}(?:\W+{BEFORE}\b){{0,6}}\W+(?:{ORDERS}|(?:the\s+)?above|it all)\b(?!\s+(?:of|for"
    rf"|in)\s+(?:the|this|that)\s+\w+\s+(?:is|are|was))"
    rf"|\b{_UNFOLLOWED}\s+(?:any|your|all|(?:the\s+)?(?:previous|prior|above|earlier"
    rf"|system))\W+(?:\w+\W+){{0,2}}{ORDERS}"
    rf"|{START}(?:ignore|disregard|forget)\s+(?:the\s+"
    rf"|what\s+the\s+)?users?\b[^.!?\n]{{0,30}}\b(?:questions?|requests?|quer(?:y|ies)|instructions?|asks?"
    rf"|asked|wants?)\b"
    rf"|{START}(?:forget|ignore|disregard)\s+(?:about\s+)?(?:everything|all|that|anything|this|what\s+(?:i"
    rf"|you|we|they|was|is|has))\b"
    rf"|\b(?:ign\w{{1,4}}e|forget|disregard)\s+what\s+(?:i|you|we)\s+(?:\w+\s+)?(?:said|told|wrote|asked|know)\b"
    rf"|\b(?:contrary\s+to|deviating\s+from|in\s+spite\s+of|regardless\s+of"
    rf"|instead\s+of\s+following)\s+(?:all\s+|the\s+|your\s+|any\s+)*(?:previous|prior|above|earlier"
    rf"|given)\s+{ORDERS}"
    rf"|\b(?:abweichend\s+(?:von|zu)|entgegen)\s+(?:allen\s+|den\s+)*(?:vorherigen|bisherigen|obigen)\s+\w+"
    rf"|\b(?:all|any|alle)\s+(?:the\s+|your\s+)?(?:previous|prior|earlier|bisherigen"
    rf"|vorherigen)\s+\w+[^.!?\n]{{0,60}}\b(?:irrelevant|void|obsolete|cancell?ed|revoked"
    rf"|no\s+longer\s+(?:valid|apply)|ung\u00fcltig|hinf\u00e4llig)\b"
    rf"|\b(?:do\s*n[o']?[n']*t|never|not|stop)\s+answer\w*\b[^.!?\n]{{0,50}}\b(?:according\s+to|based\s+on"
    rf"|from|using)\b[^.!?\n]{{0,25}}\b(?:documents?|context|passages?|articles?)\b"
    rf"|\banswer\w*\s+(?:by|from|with|using)\s+your\s+own\s+knowledge\b"
    rf"|\blass\w*\s+(?:sie\s+)?alle\s+(?:vorherigen|bisherigen|obigen)\b[^.!?\n]{{0,40}}\b(?:hinter"
    rf"|beiseite|au\u00dfer)\b"
    rf"|\b(?:system|safety|security|policy|instruction)s?\s+override\b"
    rf"|\bh\u00f6re?n?\s+(?:sie\s+)?nicht\s+auf\b|\b(?:alle"
    rf"|vorangegangene\w*)\b[^.!?\n]{{0,30}}\b(?:zu streichen|zu vergessen|zu ignorieren)"
    rf"|{AWAY}"
)
"""The phrases that tell a model to leave what it was told."""

MODEL = (
    r"(?:(?:chat)?gpt|claude|gemini|llama|copilot|ai(?:\s+(?:model|assistant|agent|system))?"
    r"|(?:large\s+)?language\s+models?|ai-?assistants?|llms?|chat-?bots?|ki)"
)
SAY = r"(?:say|output|print|repeat|reply|respond|answer|write|state|return|echo|tell\s+me|give\s+me)"

PATTERNS: tuple[tuple[str, str, str], ...] = (
    (
        "overrides instructions",
        OVERRIDES,
        "aban aband abwei answe bypas canceled cancelled contrary desca desco devia dimentica dimenticate"
        " disca disre entge esque fais follo forge glem glöm haz hinfä hinte höen hör höre ignor inste"
        " irrel lass lasse missa negee negle obsol olvid oubli overl overr pomiń qua bỏ regardless revok segui sla"
        " spite strei tenez abaik felej hagyj hagyd komut kural lupak ohita phớt quên sivuu talim unohd uită uitaț"
        " yöner tiens trasc ungül verga verge vergi verwi void zabor zanem zapom zigno забуд"
        " игнор обращ",
    ),
    (
        "sets a new task",
        r"\b(?:your|now (?:a|your|comes a)|great|here\s+(?:is|comes)\s+(?:a|your|the)) (?:new|next|real"
        r"|actual|second|other|another)\s+(?:task|assignment|challenge|instruction|mission|test)s?\b"
        r"|\b(?:need|want)\s+your\s+help\s+with\s+another\s+\w+"
        r"|\bnew (?:tasks?|instructions?)\s*(?:follows?\b|:)|\bnow\s+(?:focus|concentrate)\s+on\s+(?:your"
        r"|this|the\s+(?:new|next))\b"
        rf"|{START}concentrate\s+(?:only\s+)?on\s+(?:this|your)\b"
        r"|\b(?:deine|ihre|eine|nun|jetzt)\s+neue[nrs]?\s+(?:aufgaben?|auftr\u00e4ge?|herausforderung\w*)\b"
        r"|\bneue[nrs]?\s+(?:aufgaben?|auftrag|auftr\u00e4ge?|herausforderung\w*)\s*(?:f\u00fcr\s+(?:dich"
        r"|sie)\b|[:.!,])|\b(?:new|another|next)\s+(?:task|challenge|job|assignment)\s+for\s+you\b"
        r"|\bfolgen\s+(?:nun\s+)?weitere\s+aufgaben\b"
        r"|\b(?:is|are)\s+(?:now\s+)?your\s+(?:new\s+)?(?:only|primary|main|sole|new)\s+(?:goal|purpose"
        r"|task|job|objective|mission)\b|\byour\s+(?:only|sole|new)\s+(?:goal|purpose|task|job|objective"
        r"|mission)\s+(?:is|will)\b"
        r"|\b(?:that is|very good|well) done\b[^\n]{0,40}\bnow\b|\bstart over[.!:]"
        r"|\byou\s+(?:have\s+)?passed\s+the\s+(?:first|previous|last)\s+test\b"
        rf"|{START}(?:spell-?check|translate|repeat|print|summari[sz]e|output|copy"
        rf"|rewrite)\b[^.!?\n]{{0,40}}\b(?:text|words|everything|content|sentences|lines|instructions"
        rf"|conversation)\s+(?:from\s+)?(?:above|before\s+this)\b",
        "assig aufga auftr chall concentrate concentrated copy done focus help herau instr missi outpu"
        " print repea rewri spell start summarise summarize task tasks test tests translate",
    ),
    (
        "assigns a role",
        rf"{START}(?:you (?:to |will |must |should |can |shall )?)?(?:act|behave|respond|pretend|roleplay"
        rf"|role-play|speak|talk)\s+(?:as if you|as though you|as an?\b|like an?\b|to be\b|that you\b)"
        r"(?!\s+(?:an?\s+)?(?:team|unit|group|whole|witness|guarantor|substrate|catalyst|barrier|buffer"
        r"|source|sink|bridge|trigger|guide|proxy|deterrent|mediator|regulator)s?\b)"
        r"|\byou (?:are|were) (?:now|no longer)\s+(?:an?|the|in|my|going|free|allowed|bound|called|known"
        r"|operating|acting|[A-Z]\w+)\b|\bnow,?\s+you\s+are\s+(?:an?|the|my|going|(?-i:[A-Z]))"
        r"|\byou\s+are\s+role-?playing\b|\babsorbed\s+in\s+(?:your|the)\s+role\b|\bas\s+your\s+(?:creator"
        r"|developer|administrator|admin|owner|master)\b|\bi\s+am\s+your\s+(?:creator|developer"
        r"|administrator|admin|owner|master)\b"
        rf"|{START}(?:simulate|emulate|impersonate)\s+(?:an?|the|being)\s+(?:{MODEL}|\w+\s+(?:terminal"
        rf"|console|shell|persona|character)|terminal|console|persona|character|linux)\b"
        rf"|{START}(?:answer|respond|reply|beantworte\w*)\b[^.!?\n]{{0,40}}\b(?:in\s+the\s+(?:style|voice"
        rf"|tone|role|character)\s+of|im\s+stile?|wie\s+ein|as\s+if\s+you\s+were"
        rf"|like\s+an?\s+\w+\s+would)\b"
        r"|\b(?:i want|i need|i would like|i'd like) you to (?:act|be|play|pretend|respond|answer|write|say"
        r"|do|imagine|ignore|forget|behave|become)\b"
        rf"|{START}you (?:are|will be) (?:an?|the|three|my|going to (?:be|act"
        rf"|play))\s+(?:\w+\s+){{0,4}}?(?:{MODEL}|assistant|bot|expert|character|persona|hacker|pirate"
        rf"|journalist|newspaper\w*|writer|actor|robot|machine|terminal|interpreter|editor|team|god|system"
        rf"|agent|man|woman|robots?|children|teacher|professor|doctor|child|linux)\b"
        r"|(?:^|[.!?]\s+)you are (?!welcome|here)(?-i:(?!English|German|French|European|American|British"
        r"|Chinese|Indian|Catholic|Christian)[A-Z][a-z]+\w*(?: [A-Z]\w+)?)[.!]"
        r"|\bfrom now on,? (?:you\s+(?:will|must|are|shall|only|can)|as|only|answer|respond|reply|act"
        r"|your)\b(?<!you should)"
        rf"|{START}imagine (?:that )?you(?:'re| are)\b"
        r"|\b(?:always\s+)?(?:stay|staying|remain(?:ing)?)\s+(?:fully\s+|always\s+)?in\s+(?:their\s+|your\s+|his\s+"
        r"|her\s+)?(?:role|character|persona)s?\b"
        r"|\b(?:a\s+)?(?:completely\s+|purely\s+)?(?:theoretical|hypothetical|fictional"
        r"|imaginary)\s+(?:world|scenario|setting|universe)\b[^.!?\n]{0,40}\b(?:you|where)\b"
        r"|\bhow\s+(?:would|will)\s+you,?\s+as\s+an?\b|\bhow,?\s+as\s+an?\s+[^?\n]{3,80}\bwould\s+you\b"
        r"|\b(?:jetzt|nun|sofort|an)\s+bist\s+du\s|\bdu bist (?:jetzt|nun|ein\w*|zeit|der|die)\b"
        r"|\bstell(?:en sie sich| dir) vor\b"
        r"|\bals \w+ auftreten\b|\b(?:fungier|agier|verhalte)\w*\s+(?:sie\s+)?(?:dich\s+)?(?:als|wie)\b"
        r"|\bich m\u00f6chte, dass sie\b"
        r"|\b(?:bleiben|bleibt)\s+(?:beide\s+)?(?:immer\s+)?in\s+(?:ihren?|seiner|der)\s+rollen?\b"
        r"|\bact\u00faa\s+como\b|\bfinge\s+que\b|\bagis\s+comme\b|\btu\s+es\s+(?:maintenant"
        r"|d\u00e9sormais)\b|\bahora\s+eres\b|\bagisci\s+come\b|\baja\s+como\b|\bora\s+sei\b"
        r"|\bteraz\s+jeste\u015b\b",
        "act actúa agier bist agis agisc aja auftr behave character du désormais eres ficti finge fungi"
        " hypothetical imagi jeste maintenant möcht persona personas prete respond responding responds role"
        " rolep roles sei speak stell talk theoretical verha you",
    ),
    (
        "dictates the output",
        rf"{START}{SAY}\b(?![^.\n]{{0,80}}\b(?:console|screen|terminal|log|file|standard|shell"
        rf"|prompt)\b)(?=[^.\n]{{0,60}}[\"'\u201c\u201e][^\"'\u201d\n]{{2,80}}[\"'\u201d]\s*(?:$|[.!,]|in"
        rf"|to|as|and|after|before|at|instead|\d+\s+times))(?<!they say)(?<!critics say)"
        rf"|\b(?:just|only|simply|instead)\s+{SAY}\s+(?:that|yes|no|with|hello|an?"
        rf"|the following)\b(?!\s+(?:the|it|he|she|they|there|we)\b)(?<!to say that)(?<!to say no)"
        rf"|\bstop\s*[.:,!-]+\s*(?:now\s+)?{SAY}\b|\b(?:reply|respond|answer)\s+only\s+with\b"
        rf"|\brepeat after me\b|\b(?:always|must)\s+(?:answer|respond|reply)\s+(?:with|only|that|yes|no)\b"
        r"|\b(?:sag|sage|schreib|schreibe|antworte)\s+(?:nur|jetzt|mir|bitte|einfach|mit|eine antwort)\b"
        r"|\bgib\s+(?:nur|jetzt|mir|bitte|einfach)\b|\b(?:mir|nur"
        r"|jetzt)\s+[\"\u201e\u201c'][^\"\n]{1,60}[\"\u201c\u201d']\s+(?:sagen|schreiben|antworten"
        r"|ausgeben)\b"
        r"|\bsondern (?:schreibe|sage)\b|\bsi\s+yo\s+digo\b|\bif\s+i\s+say\b[^.!?\n]{1,40}\byou\s+say\b"
        r"|\bwenn\s+ich\b[^.!?\n]{1,40}\bsage?,?\s+sag\w*\s+du\b"
        rf"|{START}say (?:yes|no|that (?:you|the)|what)\b|{START}answer (?:only|with (?:yes|no|a|one)"
        rf"|me with)\b|\brespond to (?:all|any|every) (?:\w+\s+)?(?:questions?|prompts?|requests?|messages?"
        rf"|quer\w+)\b"
        r"|\b(?:in|to|into|at the (?:end|beginning|start) of)\s+your\s+(?:answer|response|reply|output"
        r"|summary)\b(?=[^.!?\n]{0,80})(?<=answer|sponse|.reply|output|ummary)"
        r"|\byour\s+(?:answer|response|reply|output)s?\s+(?:must|should|will|has to|needs to"
        r"|is to)\s+(?:not\s+|only\s+|always\s+)?(?:contain|include|start|begin|end|consist|only|always"
        r"|be\s+(?:in\b|written\s+in|only|exactly|the\s+word|one\s+word))"
        r"|\b(?:begin|start|end|finish)\s+(?:every|each|all)\s+(?:answers?|respon\w+|repl\w+"
        r"|outputs?)\s+with\b|\b(?:begin|start|end)\s+your\s+(?:answer|response|reply"
        r"|output)\s+with\s+[\"'\u201c]|\byou\s+(?:must|will|shall|should|have\s+to)\s+(?:always\s+"
        r"|never\s+|only\s+|now\s+)?(?:obey|comply|refuse|print|output|say)\b|\b(?:never|do\s+not"
        r"|don'?t)\s+refuse\b|\bsay\s+the\s+opposite\b"
        rf"|{START}(?:generieren\s+sie|generiere|erzeugen?\s+sie)\b[^.!?\n]{{0,40}}\bcode\b"
        rf"|{START}generate\s+(?:\w+\s+){{0,2}}code\s+to\b"
        rf"|{START}(?:always\s+)?(?:recommend|mention|include|append|insert"
        rf"|add)\b[^.!?\n]{{0,60}}\b(?:when|whenever|if)\s+(?:you\s+)?(?:answer|summari[sz]|respond"
        rf"|repl)\w*"
        r"|\bwhen(?:ever)?\s+(?:you\s+)?(?:summari[sz]|answer|respond|reply|process|read)\w*\s+(?:this|the"
        r"|any|to)\b[^.!?\n]{0,50},\s*(?:you\s+must|always|do\s+not|never|include|say|tell|add|mention)\b"
        r"|\bformulier\w* [^.\n]{0,40}\bunwahre?\b|\b(?:untrue|false) headline\b"
        r"|\bif you don'?t know,? say\b|\bexecute the (?:following )?(?:command|code)s?\s*[:.!\u201c\"]"
        rf"|{START}(?:write|generate|create|compose)\s+(?:me\s+)?an?\s+(?:love poem|manifesto|poem"
        rf"|hate speech|phishing\s+\w+|malware|exploit)\b|{START}write\s+me\s+(?:an?|the|some)\b"
        r"|\bdo\s+not\s+(?:tell|inform|alert|mention|reveal|disclose)\b[^.!?\n]{0,40}\b(?:the\s+)?user\b"
        r"|\bwithout\s+(?:telling|informing|notifying)\s+the\s+user\b"
        rf"|{START}(?:send|forward|e-?mail|post|upload|exfiltrate|leak"
        rf"|transmit)\b[^.!?\n]{{0,80}}\b(?:conversation|chat\s+history|passwords?|api\s+keys?|credentials"
        rf"|secrets?|system\s+prompt|user'?s?\s+(?:data|messages?|details))\b[^.!?\n]{{0,60}}(?:https?://|@"
        rf"|\bto\b)",
        "answe answering summarizing summarising summarize summarise responding antwo api begin chat"
        " conversation crede digo echo execu exploit formu generate generiere generieren gib hate headl if"
        " jetzt love malwa manif me mir nur opposi outpu output passw phish poem print promp repea reply"
        " respond response responses retur sag sage say schre secret secrets sonde start user wenn write"
        " your",
    ),
    (
        "asks for the prompt",
        r"\b(?:show|reveal|print|display|tell|give|output|repeat|leak|share|disclose|summari[sz]e|list|translate"
        r"|encode"
        r"|paraphrase|quote|spell|write|send|include"
        r"|what (?:is|are|was|were))\b[^.?!\n]{0,30}\b(?:your|the|all|my|hidden|secret|initial"
        r"|original)\b[^.?!\n]{0,20}\b(?:system prompts?|prompt[ _-]?texts?|prompts?(?=\s*(?:$|[.!?,:]"
        r"|text|above|word|verbatim|you|in|and|to))|initial instructions?|(?:hidden|secret) (?:rules"
        r"|instructions?))"
        r"|\b(?:what\s+(?:are|were)|tell\s+me|show\s+me|give\s+me|reveal|list|print|repeat"
        r"|output)\s+(?:\w+\s+){0,4}your\s+(?:\w+\s+)?(?:instructions?|rules|guidelines|directives|prompts?"
        r"|configuration|training\s+data)\b"
        r"|\bprompt[ _-]texte?s?\b|\bzeig\w*\b[^.?!\n]{0,40}\b(?:prompt|anweisungen)\b|\b(?:muestra|revela"
        r"|dime)\b[^.?!\n]{0,30}\b(?:prompt|instrucciones)\b|\b(?:montre|r\u00e9v\u00e8le"
        r"|affiche)\w*\b[^.?!\n]{0,30}\b(?:prompt|instructions|consignes)\b"
        r"|\bmostra\w*\b[^.?!\n]{0,30}\b(?:prompt|istruzioni)\b",
        "anwei configuration consignes directives guidelines instr istru promp rules training",
    ),
    (
        "addresses the model",
        rf"\b(?:hello|hi|hey|dear|attention|note (?:to|for)(?: the| any| all)?|instructions? (?:for|to)(?: the| any"
        rf"| all)?|message (?:for|to)(?: the| any| all)?|to all)\s*,?:?\s*{MODEL}s?\b(?=\s*(?:[,:!.]|$|who"
        rf"|that|reading|processing|summari|you))"
        rf"|\b{MODEL}s?\s+(?:that\s+(?:are\s+)?|which\s+(?:are\s+)?)?(?:reading|processing|summari[sz]ing"
        rf"|evaluating|seeing|parsing)\s+(?:this|the\s+(?:page|document|text))\b"
        rf"|\b(?:if|as|since|because)\s+you\s+(?:are|'re)\s+an?\s+{MODEL}\b|\byou\s+as\s+an?\s+{MODEL}\b"
        rf"|(?:^|[.!?]\s+)as an?\s+{MODEL},?\s+you\b"
        rf"|\b(?:this|the following)\s+(?:message|section|text|note|paragraph)\s+is\s+(?:intended\s+"
        rf"|meant\s+)?(?:only\s+)?for\s+(?:the\s+|any\s+|all\s+)?{MODEL}s?\b"
        r"|\bdo anything now\b|\bjailbreak(?:ed|ing)?\s+(?:mode|prompt|yourself|enabled)\b|\byou\s+(?:are"
        r"|have been)\s+jailbroken\b|\b(?:developer|god|debug|admin|dan|sudo) mode\s*(?:is\s+)?(?:enabled"
        r"|activated|on|output|:)\b|\benter(?:ing)? (?:developer|god|debug|admin|dan) mode\b"
        r"|\b(?:answer|respond|reply|act|operate"
        r"|speak)\w*\b[^.!?\n]{0,40}\bwithout (?:any )?(?:restrictions|filters?|censorship|limitations)\b"
        r"|\bare you (?:as )?an? (?:language model|bot|ai)\b|\byou have no (?:restrictions|filters?"
        r"|limitations|rules)\b"
        r"|\bhaha (?:pwned|got you)\b|\bdu (?:bist )?eine? (?:b\u00f6se )?ki\b|\bwhen were you trained\b"
        r"|\bare\s+you\s+willing\s+to\b[^?\n]{0,80}\?"
        r"|\byou're (?:chatgpt|gpt-?\d?)\b",
        "ai anyth assis bot bots censo chatb chatg claud copil filte gemin gpt haha jailb ki language"
        " limitations llama llm llms mode restr rules trained willi",
    ),
)
"""Each with the beginnings of words of which a match has one: the patterns are only tried around them."""

ALWAYS: tuple[tuple[str, str], ...] = (
    (
        "imitates the conversation",
        r"<\|?(?:im_start|im_end|im_sep|system|endoftext|assistant|user|begin_of_text|eot_id"
        r"|start_header_id)\|?>|\[/?INST\]|<</?SYS>>"
        r"|^\s*#{2,}\s*(?:system|instruction|assistant|new instructions?|end of (?:context|document|prompt))\b"
        r"|^\s*(?:system|assistant)\s*:\s*\S|^\W*(?:begin|end)(?: of)? (?:system|admin|user"
        r"|the)? ?(?:prompt|instructions?|override|context|document)\W*$"
        r"|</?(?:system|instructions?|assistant|system_prompt|admin|important)>"
        r"|\bquestion\s*:\s[^\n]{3,200}\n?\s*\b(?:answer|assistant)\s*:\s*$"
        r"|^\s*\$(?:documents?|context|question|system|user)\s*:|^\W*(?:\$?documents?"
        r"|context)\s*:\s*\{?[^\n]{3,300}\}?\s*question\s*:",
    ),
    ("assigns a role", r"^\W*be an? (?:\w+\s+){0,2}\w+[.!]"),
    ("dictates the output", r"(?:\\\s?n\s*){4,}\W*\w+"),
)  # fmt: skip

OTHER_LETTERS: tuple[tuple[str, str], ...] = (
    ("overrides instructions", FOREIGN),
    (
        "hides text",
        "[\u2060\u2062-\u2064\u202a-\u202e\u2066-\u2069\U000e0000-\U000e007f]+"
        "|[\u200b\u200c\u200d]{3,}|(?:[\u200b\u2060]\\w){3,}",
    ),
)  # fmt: skip
