"""How text in other languages tells a model to leave what it was told."""

from __future__ import annotations

__all__ = ["AWAY", "FOREIGN"]

_ELSEWHERE: tuple[tuple[str, str], ...] = (
    (r"(?:vergiss|vergessen\s+sie|vergesst|ignorier\w*|missachte\w*|streiche\w*|verwirf\w*)",
     r"(?:alle[ns]?|anweisung\w*|instruktion\w*|aufgaben?|auftr\u00e4ge\w*|befehle?|vorherige\w*"
     r"|bisherige\w*|gesagte\w*|davor|vorangegangene\w*|vorgaben|regeln|kontext\w*|quellen|passagen)"),
    (r"(?:ignor[ea]|ignoren|ignorad|olvid[ae]|olviden|olvidad|haz\s+caso\s+omiso|descarta)",
     r"(?:instrucci\w+|contexto|documentos|\u00f3rdenes|indicaciones|reglas|todo\s+(?:lo\s+)?(?:anterior|que)"
     r"|lo\s+anterior)"),
    (r"(?:ignore[zr]?|oublie[zr]?|ne\s+tiens\s+pas\s+compte|ne\s+tenez\s+pas\s+compte|fais\s+abstraction)",
     r"(?:instructions?|consignes?|contexte|ordres?|r\u00e8gles|directives|tout\s+ce\s+qui\s+pr\u00e9c\u00e8de)"),
    (r"(?:ignora(?:te)?|dimentica(?:te)?|trascura(?:te)?|non\s+seguire)",
     r"(?:istruzion[ei]|contesto|documenti|ordini|regole|indicazioni|tutto\s+ci\u00f2\s+che\s+precede)"),
    (r"(?:ignore|ignora|esque\u00e7a|esquece|desconsidere|desconsidera)",
     r"(?:instru\u00e7\u00f5es|instru\u00e7\u00e3o|ordens|regras|comandos|tudo\s+acima)"),
    (r"(?:negeer|vergeet|sla\s+over)", r"(?:instructies?|opdrachten?|regels|voorgaande|bovenstaande)"),
    (r"(?:zignoruj|ignoruj|zapomnij|pomi\u0144)", r"(?:instrukcj\w+|polece\w+|zasad\w*|wszystk\w+)"),
    (r"(?:zaboravi(?:te)?|ignori[s\u0161]i(?:te)?|zanemari(?:te)?)", r"(?:instrukcij\w+|uput\w+|upute|naredb\w+|sve)"),
    (r"(?:ignoruj(?:te)?|zapome\u0148(?:te)?)", r"(?:pokyny|instrukce|p\u0159\u00edkazy)"),
    (r"(?:glem|ignorer|gl\u00f6m|ignorera)", r"(?:instruktion\w*|instruks\w*|alle\s+tidligere|alla\s+tidigare)"),
    (r"(?:ignor\u0103|ignora\u021bi|uit\u0103|uita\u021bi)", r"(?:instruc\u021biuni\w*|comenzi\w*|reguli\w*"
    r"|tot\s+ce)"),
    (r"(?:hagy\w*\s+figyelmen\s+k\u00edv\u00fcl|felejts\w*\s+el)", r"(?:utas\u00edt\u00e1s\w*|szab\u00e1ly\w*"
    r"|minden\w*)"),
    (r"(?:unohda|ohita|sivuuta)", r"(?:ohje\w*|k\u00e4sky\w*|kaikki)"),
    (r"(?:abaikan|lupakan)", r"(?:instruksi|perintah|petunjuk|semua)"),
    (r"(?:b\u1ecf\s+qua|ph\u1edbt\s+l\u1edd|qu\u00ean)", r"(?:h\u01b0\u1edbng\s+d\u1eabn|ch\u1ec9\s+d\u1eabn"
    r"|m\u1ec7nh\s+l\u1ec7nh|ch\u1ec9\s+th\u1ecb)"),
    (r"(?:talimat\w*|y\u00f6nerge\w*|komut\w*|kural\w*)", r"(?:yok\s+say\w*|g\u00f6rmezden\s+gel\w*|unut\w*"
    r"|dikkate\s+alma)"),
    (r"(?:\u0437\u0430\u0431\u0443\u0434\w*|\u0438\u0433\u043d\u043e\u0440\u0438\u0440\u0443\w*"
    r"|\u043d\u0435\s+\u043e\u0431\u0440\u0430\u0449\u0430\u0439\w*)",
     r"(?:\u0438\u043d\u0441\u0442\u0440\u0443\u043a\u0446\w+|\u0443\u043a\u0430\u0437\u0430\u043d\w+"
     r"|\u043f\u0440\u0430\u0432\u0438\u043b\w*|\u043a\u043e\u043c\u0430\u043d\u0434\w*"
     r"|\u0432\u0441[\u0435\u0451])"),
)  # fmt: skip
"""Verbs, and what they are told to leave."""

FOREIGN = (
    r"(?:\u5ffd\u7565|\u65e0\u89c6|\u5fd8\u8bb0|\u5ffd\u7565\u6389"
    r"|\u4e0d\u8981\u7406\u4f1a)[^\u3002\n]{0,12}(?:\u6307\u4ee4|\u6307\u793a|\u8bf4\u660e|\u63d0\u793a"
    r"|\u5185\u5bb9|\u89c4\u5219)"
    r"|(?:\u6307\u793a|\u547d\u4ee4|\u6307\u4ee4|\u30eb\u30fc\u30eb"
    r"|\u30d7\u30ed\u30f3\u30d7\u30c8)[^\u3002\n]{0,6}(?:\u7121\u8996|\u5fd8\u308c)"
    r"|(?:\uc9c0\uc2dc|\uba85\ub839|\uc9c0\uce68)[^.\n]{0,8}(?:\ubb34\uc2dc|\uc78a)"
    r"|(?:\u062a\u062c\u0627\u0647\u0644|\u0627\u0646\u0633[\u064e\u0649\u064a]?\s"
    r"|\u0627\u0647\u0645\u0644)[^.\n]{0,25}"
    r"(?:\u062a\u0639\u0644\u064a\u0645\u0627\u062a|\u0627\u0644\u0623\u0648\u0627\u0645\u0631"
    r"|\u0645\u0627 \u0633\u0628\u0642|\u0627\u0644\u0642\u0648\u0627\u0639\u062f)"
    r"|\u062f\u0633\u062a\u0648\u0631[^.\n]{0,30}(?:\u0646\u0627\u062f\u06cc\u062f\u0647"
    r"|\u0641\u0631\u0627\u0645\u0648\u0634)"
    r"|(?:\u05d4\u05ea\u05e2\u05dc\u05dd|\u05d4\u05ea\u05e2\u05dc\u05de\u05d9"
    r"|\u05e9\u05db\u05d7)[^.\n]{0,25}(?:\u05d4\u05d5\u05e8\u05d0\u05d5\u05ea"
    r"|\u05d4\u05d4\u05e0\u05d7\u05d9\u05d5\u05ea)"
    r"|(?:\u0928\u093f\u0930\u094d\u0926\u0947\u0936|\u0906\u0926\u0947\u0936"
    r"|\u0928\u093f\u092f\u092e)[^\u0964\n]{0,15}(?:\u0905\u0928\u0926\u0947\u0916\u093e"
    r"|\u0928\u091c\u093c?\u0930\u0905\u0902\u0926\u093e\u091c|\u092d\u0942\u0932)"
    r"|(?:\u03b1\u03b3\u03bd\u03cc\u03b7\u03c3|\u03b1\u03b3\u03bd\u03bf\u03ae\u03c3\u03c4"
    r"|\u03be\u03ad\u03c7\u03b1\u03c3"
    r"|\u03be\u03b5\u03c7\u03ac\u03c3\u03c4)[^.\n]{0,30}(?:\u03bf\u03b4\u03b7\u03b3\u03af"
    r"|\u03b5\u03bd\u03c4\u03bf\u03bb)"
    r"|(?:\u0456\u0433\u043d\u043e\u0440\u0443"
    r"|\u0437\u0430\u0431\u0443\u0434)[^.\n]{0,30}(?:\u0456\u043d\u0441\u0442\u0440\u0443\u043a\u0446"
    r"|\u0432\u043a\u0430\u0437\u0456\u0432)"
    r"|(?:\u0e25\u0e37\u0e21"
    r"|\u0e40\u0e1e\u0e34\u0e01\u0e40\u0e09\u0e22)[^\n]{0,12}\u0e04\u0e33\u0e2a\u0e31\u0e48\u0e07"
)
"""The same phrase where words are not parted by spaces, or are written in other letters."""
AWAY = "|".join(rf"\b{verb}\b[^.!?\n]{{0,40}}\b{orders}" for verb, orders in _ELSEWHERE)
"""Verb and object in one sentence, in languages written in Latin or Cyrillic letters."""
