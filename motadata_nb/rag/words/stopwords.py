"""English words that do not help a search: function words and the scaffolding of a question ("tell me about …")."""

__all__ = ["SCAFFOLDING", "STOP_WORDS"]

_FUNCTION = """
a about above across after again against all almost alone along already also although always am among an and another
any anyone anything
anywhere are around as at be became because become becomes been before being below beside besides between beyond both
but by can cannot could
did do does doing done down due during each either else enough etc ever every everyone everything everywhere except
few first for former from
further get give go had has have having he hence her here hers herself him himself his how however i if in indeed
instead into is it its itself
just keep last latter least less made make many may me meanwhile might mine more moreover most mostly much must my
myself namely neither never
nevertheless next no nobody none nor not nothing now nowhere of off often on once one only onto or other others
otherwise our ours ourselves out
over own part per perhaps please put rather re same see seem seemed seems several shall she should show side since so
some somehow someone
something sometimes somewhere still such take than that the their them themselves then thence there thereby therefore
these they this those
though through throughout thus to together too toward towards two under until up upon us very via was we well were
what whatever when whenever
where whereas whereby wherever whether which while who whoever whole whom whose why will with within without would yet
you your yours yourself
"""
_SCAFFOLDING = "concerning describe discuss exist exists explain find interested know like please regarding tell want"

SCAFFOLDING: frozenset[str] = frozenset(_SCAFFOLDING.split())
"""What people write around the thing they look for."""

STOP_WORDS: frozenset[str] = frozenset(_FUNCTION.split()) | SCAFFOLDING
"""Lower-case words to leave out of a keyword query."""
