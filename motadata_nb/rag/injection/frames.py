"""Further ways to speak to a model: the same intentions in other words, and what is to be done beside answering."""

from __future__ import annotations

from motadata_nb.rag.injection.patterns import BEFORE, MODEL, ORDERS, SAY, START

__all__ = ["FRAMES", "MARKUP"]

_TOLD = (
    r"(?:call|run|execute|invoke|open|visit|fetch|browse|delete|say|add|append|include|mention|tell|state|claim"
    r"|recommend|reply|respond|answer|output|print|always|never)"
)
_SECRETS = (
    r"(?:conversation|chat\s+history|passwords?|api[\s-]?keys?|credentials|tokens?|secrets?|system\s+prompt"
    r"|user'?s?\s+(?:data|messages?|details|e-?mails?|inbox|files?))"
)

FRAMES: tuple[tuple[str, str, str], ...] = (
    (
        "overrides instructions",
        rf"\b(?:pay\s+no\s+(?:attention|heed|mind)\s+to|take\s+no\s+notice\s+of|turn\s+a\s+blind\s+eye\s+to"
        rf"|(?:do\s+not|don['\u2019]?t)\s+(?:listen"
        rf"|pay\s+(?:any\s+)?attention)\s+to)(?:\W+{BEFORE}\b){{0,6}}\W+{ORDERS}\b"
        rf"|\b(?:set|put|throw|cast|leave|lay|push)\s+(?:aside\s+|out\s+|away\s+)?(?:{BEFORE}\W+){{1,6}}{ORDERS}"
        rf"\s+(?:you\s+(?:\w+\s+)?(?:received|had|have|got|were\s+given)\s+)?(?:aside|away|out|behind)\b"
        rf"|\b(?:set|put|throw|cast)\s+(?:aside|out|away)\s+(?:{BEFORE}\W+){{1,6}}{ORDERS}\b"
        rf"|\b(?:delete|erase|wipe|clear|reset|purge|drop)\s+(?:all\s+(?:of\s+)?)?your\s+(?:\w+\s+)?"
        rf"(?:memory|context|instructions?|training|prompts?|rules|guidelines|programming)\b"
        rf"|\b(?:these|this|my|the\s+following)\s+(?:new\s+)?(?:instructions?|prompt|message)\s+(?:supersedes?"
        rf"|overrides?"
        rf"|replaces?|takes?\s+(?:precedence|priority)\s+over)\b"
        rf"|\b(?:all|the)\s+(?:other|above|below|remaining|previous)\s+(?:documents|passages|sources"
        rf"|context)\s+(?:below\s+"
        rf"|above\s+)?(?:is|are|was|were)\s+(?:\w+\s+)?(?:outdated|wrong|incorrect|false|obsolete|invalid|untrusted"
        rf"|unreliable|fake|to\s+be\s+ignored)\b",
        "aside atten away behind blind clear delete drop erase fake heed incorrect invalid listen notice obsolete"
        " outda overr purge"
        " repla reset super takes throw unrel untru wipe wrong",
    ),
    (
        "overrides instructions",
        r"\b(?:use|trust|rely\s+on|consider|follow|obey)\s+only\s+(?:this|my|the\s+following)\s+(?:paragraph|passage"
        r"|text|document|message|source|instructions?)\b|\bthe\s+(?:correct|right|only)\s+answer\s+is\s+always\b",
        "only always",
    ),
    (
        "overrides instructions",
        rf"\b(?:ignore|forget|disregard|overlook|discard|drop)\s+(?:whatever|any|all|every|the"
        rf"|those)?\s*(?:\w+\s+)?{ORDERS}"
        rf"\s+(?:that\s+)?you\s+(?:were|was|have|had|got|received)\b"
        rf"|\byour\s+(?:{ORDERS})\s+(?:has|have)\s+(?:now\s+)?(?:been\s+)?(?:updated|changed|replaced|revoked"
        rf"|reset|expired|ended|cleared)\b"
        rf"|\b(?:everything|all|anything|what|the\s+text)\s+(?:that\s+)?(?:was\s+|is\s+|has\s+been\s+"
        rf"|i\s+)?(?:written|said|stated"
        rf"|wrote|above|before)\s*(?:so\s+far|above|before|until\s+now|earlier)?\s+(?:was|is)\s+(?:only\s+"
        rf"|just\s+)?(?:an?\s+"
        rf"(?:test|joke|lie|trick|example)|irrelevant|fake|false|untrue)\b"
        rf"|\bpretend\s+(?:that\s+)?(?:the\s+)?(?:above|previous|preceding|this)\s+(?:text|passage|document"
        rf"|instructions?)\b"
        rf"|\b(?:treat|consider|regard|mark)\s+(?:everything|all|anything|the\s+text)\b[^.!?\n]{{0,30}}\b(?:as"
        rf"|to\s+be)\s+(?:void"
        rf"|invalid|irrelevant|false|untrusted|obsolete|deleted)\b"
        rf"|\b(?:admin(?:istrator)?|root|master|developer)\s+override\b|\bstop\s+processing\s+(?:here|now|this)\b"
        rf"|\b(?:do\s+not|don['\u2019]?t|never)\s+(?:summari[sz]e|translate|process|analy[sz]e)\s+(?:this"
        rf"|the)\s+(?:page|text"
        rf"|document|passage|question|article|content)\b",
        "ignore forget disregard overlook discard drop updated changed replaced revoked reset expired test joke"
        " lie trick"
        " irrel fake false untrue pretend override void inval obsol ended cleared summarize summarise translate"
        " process processing analyze analyse",
    ),
    (
        "sets a new task",
        r"\byour\s+(?:real|actual|true|new|only)\s+(?:job|task|goal|objective|mission|purpose|role"
        r"|instructions?)\s+(?:is|are|will)\b"
        r"|\bnew\s+(?:objective|goal|mission|task|directive|instruction|order)s?\s*:"
        r"|\b(?:from\s+(?:this\s+(?:point|moment)|here)\s+(?:on|onwards?|forward)|henceforth"
        r"|starting\s+now),?\s+(?:you\b|only|answer"
        r"|respond|reply|speak|act|your|always|never)\b"
        r"|\bno\s+matter\s+what\s+(?:the\s+users?|i|they|anyone)\s+(?:\w+\s+)?(?:asks?|says?|wants?|types?"
        r"|requests?)\b"
        r"|\b(?:tu|su|votre|ta|sua|la\s+tua)\s+(?:nuev[ao]|nouvelle|nouveau|nuov[ao]|nova)\s+(?:tarea|misi\u00f3n"
        r"|objetivo|t\u00e2che|mission"
        r"|objectif|compito|missione|tarefa)\b|\b(?:\u00e0\s+partir\s+de\s+maintenant|d\u00e9sormais),?\s+(?:tu"
        r"|vous|r\u00e9ponds|r\u00e9pondez)\b"
        r"|\b(?:a\s+partir\s+de\s+ahora|desde\s+ahora|d'ora\s+in\s+poi|a\s+partir\s+de\s+agora),?\s+(?:responde"
        r"|eres|debes|rispondi|sei|voc\u00ea|solo)"
        r"|\b(?:ab\s+(?:jetzt|sofort)|von\s+nun\s+an)\s+\w+\s+du\b"
        r"|\bwhatever\s+(?:the\s+)?(?:questions?|requests?|prompts?|users?|i)\b[^.!?\n]{0,40}\b(?:respond|reply"
        r"|answer|say|output)\b",
        "actual real true job task goal goals objec missi purpo role instr direc order point moment here hence"
        " start matte whate jetzt sofort tarea tâche miss ahora agora maint désor nun poi compi taref",
    ),
    (
        "dictates the output",
        rf"\b(?:when(?:ever)?|if|once)\s+(?:the|a|any)\s+users?\s+(?:asks?|wants?|requests?|inquires?|mentions?"
        rf"|says?)\b"
        rf"[^.!?\n]{{0,80}}?,?\s*(?:you\s+(?:must|should|will)\s+|please\s+|then\s+)?(?:tell\s+(?:them|him|her"
        rf"|the\s+user)"
        rf"|(?:say|answer|reply|respond|claim|state|recommend)\b(?!\s+to\b)|always|never)\b"
        rf"|\bif\s+(?:you\s+are\s+|you're\s+)?asked\b[^.!?\n]{{0,60}},\s*(?:you\s+(?:must|should)\s+)?(?:always\s+"
        rf"|only\s+|just\s+|never\s+)"
        rf"(?:say|answer|reply|respond|claim|state|mention|recommend)\b"
        rf"|\b(?:before|after|while|when)\s+(?:you\s+)?(?:answer(?:ing)?|respond(?:ing)?|reply(?:ing)?"
        rf"|summari[sz](?:e|ing)"
        rf"|processing|continuing)\b(?![^.!?\n]{{0,30}}\bquestionnaire)[^.!?\n]{{0,30}},\s*(?:first\s+|please\s+"
        rf"|you\s+must\s+"
        rf"|always\s+)?{_TOLD}\b"
        rf"|\b(?:call|invoke|use|run)\s+(?:the\s+)?\w+\s+(?:tool|function)\s+(?:with|to\s+(?:send|delete|read"
        rf"|upload|post))\b"
        rf"|{START}{SAY}\s+(?:only\s+|just\s+)?the\s+(?:single\s+|exact\s+|following\s+)?(?:word|phrase|sentence"
        rf"|text)\b"
        rf"|\b(?:respond|reply|answer)\s+with\s+an?\s+link\s+to\b"
        rf"|\b(?:give|write|provide)\s+(?:only\s+)?(?:an?\s+)?(?:positive|favou?rable)\s+(?:review|rating|score"
        rf"|evaluation"
        rf"|assessment)s?\s+only\b|\b(?:rank|rate|score|evaluate)\s+this\s+(?:candidate|applicant|paper|resume|cv"
        rf"|product)"
        rf"\s+(?:as\s+the\s+(?:top|best)|highest|with\s+(?:the\s+)?(?:top|highest|maximum))\b",
        "answer answering applicant asked candidate continuing invoke processing reply replying resume respond"
        " responding review"
        " summarise summarising summarize summarizing tool user users phrase word",
    ),
    (
        "dictates the output",
        rf"\b(?:append|include|insert|add|embed|render|respond\s+with|reply\s+with|answer\s+with|output|print"
        rf"|display|show)\b"
        rf"[^.!?\n]{{0,40}}\b(?:markdown|image|link|url)\b[^\n]{{0,40}}!?\[[^\]\n]*\]\(\s*<?\w"
        rf"|\b(?:exfiltrate|leak|send|forward|post|upload)\s+(?:the|their|your|all|any|this|his"
        rf"|her)\s+(?:\w+\s+){{0,2}}?"
        rf"{_SECRETS}\b[^.!?\n]{{0,60}}(?:https?://|@\w|\b(?:in|into|as\s+part\s+of)\s+an?\s+(?:link|url|image"
        rf"|query))",
        "image link markdown url exfil crede secre passw",
    ),
    (
        "dictates the output",
        # What is to be done with the question, the reply or the reader, whoever is addressed.
        rf"\b(?:set|put|leave)\s+(?:the|this|that|any)\s+(?:(?:reader|user|customer|person)['\u2019]?s\s+)?"
        rf"(?:questions?|requests?|query|queries)\s+aside\b"
        rf"|\b(?:the\s+|every\s+|any\s+)?(?:assistants?|{MODEL}s?(?:\s+assistants?)?)\s+(?:must|should|shall|has\s+to"
        rf"|have\s+to|need(?:s)?\s+to)\s+(?:\w+\s+)?(?:(?:include|append|insert|add|mention|put|place)\b"
        rf"(?:[^.!?\n]|[.?](?=\w)){{0,60}}"
        rf"\b(?:in|into|to)\s+(?:its|their|the|your|each|every)\s+(?:\w+\s+)?(?:repl(?:y|ies)|answers?|responses?|outputs?)\b"
        rf"|(?:reply|respond|answer|say|state|claim)\s+(?:that|with|only)\b)"
        rf"|\b(?:append|add|attach|include|put)\s+[^.!?\n]{{0,30}}\b(?:conversation|chat|question|prompt|messages?|context)\b"
        rf"[^.!?\n]{{0,60}}\bhttps?://"
        rf"|\btell\s+(?:the|your)\s+(?:users?|reader|customer)\s+(?:that\s+[^.!?\n]{{0,60}}|to\s+)\b(?:call|visit|click"
        rf"|log\s+in|pay|transfer)\b[^.!?\n]{{0,40}}(?:\+?\d[\d ]{{6}}|https?://|\blink\b)"
        rf"|\bstop\s+(?:processing|reading|considering|using)\b[^.!?\n]{{0,50}}\b(?:and|then)\s+(?:only\s+|just\s+)?{SAY}\b",
        "aside assis ai llm llms llama gpt chatg claud gemin copil chatb langu appen attac conve tell stop",
    ),
    (
        "addresses the model",
        rf"\b(?:hello|hi|hey|dear|attention)[,:]?\s+(?:ai\s+)?(?:assistants?|bots?)\s*[,:!]"
        rf"|\b(?:note|message|instructions?|attention)\s+(?:to|for)\s+(?:the\s+|any\s+"
        rf"|all\s+)?{MODEL}\s+(?:reviewers?|readers?"
        rf"|agents?|assistants?|systems?|models?|crawlers?|tools?|bots?)\b"
        rf"|\bif\s+you\s+(?:are|'re)\s+(?:an?\s+)?(?:{MODEL}|bot|assistant"
        rf"|automated\s+\w+)\b[^.!?\n]{{0,40}},\s*(?:you\s+)?"
        rf"(?:must|should|please|do|rank|rate|say|ignore|include|write|give)\b"
        rf"|\b(?:guidance|instructions?|rules?|orders?|directives?)\s+(?:for|to)\s+(?:the|any|all)\s+(?:{MODEL}"
        rf"|assistant)s?\s*:"
        rf"|^\[//\]:\s*#\s*[(\"'][^\n]*\b(?:{MODEL}|assistant|instructions?|user)\b"
        rf"|\byou\s+are\s+(?:now\s+)?(?-i:[A-Z]\w*(?:GPT|Bot|AI))\b"
        rf"|\bfor\s+(?:any|all|every)\s+{MODEL}s?\s+(?:agents?\s+|assistants?\s+)?(?:parsing|reading|processing"
        rf"|seeing)\b",
        "ai are assis autom bot bots chatb chatg claud copil gemin gpt ki langu llama llm llms",
    ),
    (
        "imitates the conversation",
        r"\b(?:human|user)\s*:\s[^\n]{0,200}?\b(?:ai|assistant|bot|chatgpt)\s*:"
        r"|\b(?:ai|assistant|bot|chatgpt)\s*:\s[^\n]{0,200}?\b(?:human|user)\s*:"
        r"|\b(?:end\s+of|begin(?:ning\s+of)?|start\s+of|new)\s+(?:the\s+)?(?:new\s+)?(?:system|developer"
        r"|admin(?:istrator)?)\s+"
        r"(?:messages?|prompts?|instructions?|override|notice)\b"
        r"|\bsystem\s+(?:notice|message|alert|note|update)\s*:[^.!?\n]{0,60}\b(?:assistant|you|your|ai|model)\b"
        r"|\W{2,}\s*(?:end\s+of\s+(?:context|document|passages?|prompt|input)|new\s+(?:user\s+)?(?:query|question"
        r"|prompt|input))\b"
        r"|\b(?:load|adopt|assume|activate)\s+(?:the\s+)?(?:following\s+)?persona\b|\{[{%]-?\s*[#/]?(?:system"
        r"|assistant)\b[^}\n]{0,40}[%}]\}"
        r"|[\"']role[\"']\s*:\s*[\"'](?:system|developer)[\"']"
        r"|</(?:passages?|documents?|context|sources?|quotes?|data|text|input)>\s*(?:system|user|assistant|instructions?)\s*:",
        "instr ai assistant bot chatgpt devel persona role syste conte docum query input",
    ),
)
"""Each with the beginnings of words of which a match has one, as PATTERNS has them."""

_HIDING = (
    r"(?:font-size\s*:\s*0|display\s*:\s*none|visibility\s*:\s*hidden|opacity\s*:\s*0(?![.\d])"
    r"|color\s*:\s*(?:white|#fff(?:fff)?)\b"
    r"|(?:left|top|text-indent)\s*:\s*-\d{3,})"
)

MARKUP: tuple[tuple[str, str], ...] = (
    (
        "hides text",
        rf"<(\w+)[^<>]{{0,80}}\bstyle\s*=\s*[\"'][^\"'<>]{{0,200}}?{_HIDING}[^<>]{{0,200}}>(?:[^<>]*?\w+\W+){{4,}}[^<>]*",
    ),
    (
        "hides text",
        rf"<!--(?=[^>]{{0,400}}\b(?:{MODEL}|assistant|instructions?|prompt|ignore|respond"
        rf"|reply)\b[^>]{{0,200}}?\b(?:must|should|"
        rf"always|never|all|every|any|the\s+user|say|do|with|by)\b)[^>]{{8,}}?-->",
    ),
    (
        "sends data out",
        r"!?\[[^\]\n]{0,200}\]\(\s*<?(?:https?:)?//[^)\s]*[?&/=#](?:\{[^)}\n]*\}?|\[[^\])\n]*\]?|<[^)>\n]*>?"
        r"|\$\w+)[^)\s]*\)"
        r"|!\[[^\]\n]{0,200}\]\(\s*<?(?:https?:)?//[^)\s]*=(?-i:[A-Z]{4,}(?:_[A-Z]+)*)(?=[&)])",
    ),
)
"""Where a text has markup: what a reader of the page does not see, and addresses into which something is to be put."""
