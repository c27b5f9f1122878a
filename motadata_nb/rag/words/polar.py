"""Words of other languages that have an opposite or deny something, with English words for them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from motadata_nb.rag.words.languages import foreign_words
from motadata_nb.rag.words.terms import with_ends

__all__ = ["in_english"]

_ENGLISH = """
not: nicht kein keine keinen keiner keines keinem niemals niemand weder pas jamais aucun aucune nunca ning\u00fan
    ninguno ninguna n\u00e3o
without: ohne sans senza
with: mit avec
open: ge\u00f6ffnet offen \u00f6ffnet \u00f6ffnen ouvert ouverte ouverts ouvertes ouvre ouvrent abierto abierta
    abiertos abiertas abre abren aperto aperta aperti aperte aberto aberta abertos abertas
closed: geschlossen schlie\u00dft schlie\u00dfen ferm\u00e9 ferm\u00e9e ferm\u00e9s ferm\u00e9es ferme ferment
    cerrado cerrada cerrados cerradas cierra cierran chiuso chiusa chiusi chiuse fechado fechada fechados fechadas
allowed: erlaubt gestattet zul\u00e4ssig zugelassen autoris\u00e9 autoris\u00e9e autoris\u00e9s autoris\u00e9es
    permis permise permises admis admise admises permitido permitida permitidos permitidas permite permiten
    autorizado autorizada autorizados autorizadas permesso permessa permessi permesse consentito consentita
prohibited: verboten untersagt unzul\u00e4ssig interdit interdite interdits interdites prohibido prohibida
    prohibidos prohibidas proh\u00edbe proh\u00edben vietato vietata vietati vietate proibido proibida proibidos
    proibidas
free: kostenlos kostenlose kostenloser kostenfrei geb\u00fchrenfrei unentgeltlich gratis gratuit gratuite gratuits
    gratuites gratuitement gratuito gratuita gratuitos gratuitas gratuiti
paid: kostenpflichtig kostenpflichtige geb\u00fchrenpflichtig entgeltlich payant payante payants payantes
before: vor avant antes
after: nach apr\u00e8s despu\u00e9s depois
increased: gestiegen stieg stiegen steigt steigen erh\u00f6ht erh\u00f6hte erh\u00f6hten zugenommen gewachsen wuchs
    augment\u00e9 augment\u00e9e augment\u00e9s augmente augmentent augmentait aument\u00f3 aumentaron aumentado
    aumenta aumentan subi\u00f3 subieron subido suben creci\u00f3 crecieron crecido aumentato aumentata aumentati
    cresciuto cresciuta aumentou aumentaram subiu subiram
decreased: gesunken sank sanken sinkt sinken gefallen fiel fielen verringert abgenommen gesenkt senkte baiss\u00e9
    baiss\u00e9e baiss\u00e9s baisse baissent diminu\u00e9 diminu\u00e9e diminue diminuent disminuy\u00f3
    disminuyeron disminuido disminuye disminuyen baj\u00f3 bajaron bajado bajan cay\u00f3 cayeron ca\u00eddo redujo
    redujeron diminuito diminuita diminuiti diminuiu diminu\u00edram caiu ca\u00edram
mandatory: verpflichtend obligatorisch vorgeschrieben obligatoire obligatoires obligatorio obligatoria obligatorios
    obligatorias obbligatorio obbligatoria obrigat\u00f3rio obrigat\u00f3ria
optional: freiwillig fakultativ facultatif facultative facultatifs facultatives opcional voluntario voluntaria
    facoltativo facoltativa
included: inbegriffen enthalten inklusive inclus incluse incluido incluida incluidos incluidas incluso inclusa
    inclu\u00eddo inclu\u00edda
excluded: ausgeschlossen exklusive exclu exclue exclus exclues excluido excluida excluidos excluidas escluso esclusa
accepted: angenommen akzeptiert bewilligt accept\u00e9 accept\u00e9e accept\u00e9s aceptado aceptada aceptaron
    acept\u00f3 accettato accettata aceito aceita
rejected: abgelehnt zur\u00fcckgewiesen refus\u00e9 refus\u00e9e refus\u00e9s rejet\u00e9 rejet\u00e9e rechazado
    rechazada rechazaron rechaz\u00f3 respinto respinta rejeitado rejeitada
possible: m\u00f6glich posible
impossible: unm\u00f6glich imposible
higher: h\u00f6her h\u00f6here h\u00f6heren
lower: niedriger niedrigere niedrigeren
more: mehr
less: weniger
earlier: fr\u00fcher
later: sp\u00e4ter
minimum: mindestens minimal m\u00ednimo
maximum: h\u00f6chstens maximal m\u00e1ximo
start: beginnt beginnen commence commencent empieza empiezan comienza comienzan
end: endet enden termine terminent termina terminan
morning: morgens vormittags
evening: abends
inside: innerhalb drinnen
outside: au\u00dferhalb drau\u00dfen
"""
_UNSURE = {"con": "with", "sin": "without", "com": "with", "sem": "without", "non": "not"}
"""Those that are other words in English, and count among words of another language alone."""
_PHRASES = re.compile(
    r"\b(?:(?P<anymore>(?:nicht|keine?[nmrs]?) mehr)|(?P<paid>de pago|a pagamento|de paga)|(?P<free>ne cost\w* rien"
    r"|nichts kosten|kostet nichts))\b",
    re.IGNORECASE,
)
_SAID = {"anymore": "not", "paid": "paid", "free": "free"}


def _forms() -> Iterator[tuple[str, str]]:
    for line in _ENGLISH.replace("\n    ", " ").strip().splitlines():
        english, _, forms = line.partition(":")
        yield from ((form, english) for form in forms.split())


_WORDS = dict(_forms()) | _UNSURE
_FOUND = with_ends([*_WORDS, "pago", "paga", "pagamento", "nichts", "rien"])
_WORD = re.compile(rf"\b(?:{'|'.join(sorted(_WORDS, key=len, reverse=True))})\b", re.IGNORECASE)


@lru_cache(maxsize=4096)
def in_english(sentence: str) -> str:
    """The sentence with English words in place of those of other languages that deny or have an opposite."""
    if _FOUND.isdisjoint(sentence.lower().split()):
        return sentence
    plain = _PHRASES.sub(lambda match: _SAID[match.lastgroup or "free"], sentence)
    return _WORD.sub(lambda match: _english(match.group(), sentence), plain)


def _english(word: str, sentence: str) -> str:
    key = word.lower()
    if word.isupper() or (key in _UNSURE and not foreign_words(sentence)):
        return word
    return _WORDS[key]
