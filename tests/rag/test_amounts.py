"""The check of an answer on amounts, dates, opposites, verbs of the same meaning and quantifiers."""

import pytest

from motadata_nb.embeddings.minilm import MiniLM
from motadata_nb.rag.groundedness import check_answer
from motadata_nb.rag.grounding.amounts import amounts, recounted, settled

AROUND = "The annual report of the archive is published in spring."
SUPPORTED = [
    ("Orvand Foods bought Pellmark Dairies in 2018.", "Orvand Foods acquired Pellmark Dairies in 2018."),
    ("Orvand Foods bought Pellmark Dairies in 2018.", "Pellmark Dairies was taken over by Orvand Foods."),
    ("Kestrel United beat Marlow Rovers in the final.", "Marlow Rovers lost to Kestrel United in the final."),
    ("The bank lent the cooperative 40,000 euros.", "The cooperative borrowed 40,000 euros from the bank."),
    ("The network has 1,200,000 subscribers.", "The network has 1.2 million subscribers."),
    ("The error rate is 12 %.", "The error rate is 0.12."),
    ("The bridge is 2.5 km long.", "The bridge is 2,500 metres long."),
    ("The cooperative earned 45m euros last year.", "The cooperative earned 45 million euros last year."),
    ("The library of sounds has 5M users.", "The library of sounds has 5 million users."),
    ("The warranty lasts 24 months.", "The warranty lasts two years."),
    ("Half of the members voted for the plan.", "50 percent of the members voted for the plan."),
    ("The contract was signed on 14 March 2022.", "The contract was signed on 2022-03-14."),
    ("The exhibition opened on 3 Oct 2019.", "The exhibition opened in October 2019."),
    ("The office opens at 14:30 every day.", "The office opens at 2:30 pm every day."),
    ("The company no longer sells spare parts.", "The company has stopped selling spare parts."),
    ("Residents no longer pay for parking.", "Residents do not pay for parking any more."),
    ("Smoking is prohibited in the workshop.", "Smoking is not allowed in the workshop."),
    ("All applicants receive a reply within two weeks.", "Some applicants receive a reply within two weeks."),
    ("The storage costs $65 per year and is heated.", "The storage costs 65 dollars a year."),
    ("The storm left 45m people without power.", "The storm left 45 million people without power."),
    ("The shaft is 310 m deep.", "The shaft is 0.31 km deep."),
    ("The alarm is tested twice a week.", "The alarm is tested two times a week."),
    ("Members may not bring dogs without a leash.", "Members may not bring dogs without a leash, says the rule."),
    ("Dogs are not allowed unless the warden agrees.", "Dogs are allowed only if the warden agrees."),
    ("Der Filter wird alle drei Monate gewechselt.", "Der Filter wird alle 3 Monate gewechselt."),
    ("El contrato dura treinta meses.", "El contrato dura 30 meses."),
    ("El museo abre a las diez.", "El museo abre a las 10."),
    ("The school lends lamps to pupils for up to three weeks.", "Pupils may borrow lamps for at most 21 days."),
]
CONTRADICTED = [
    ("Orvand Foods bought Pellmark Dairies in 2018.", "Pellmark Dairies acquired Orvand Foods in 2018."),
    ("Kestrel United beat Marlow Rovers in the final.", "Kestrel United lost to Marlow Rovers in the final."),
    ("The bank lent the cooperative 40,000 euros.", "The bank borrowed 40,000 euros from the cooperative."),
    ("Coffee is cheaper than tea in the canteen.", "Tea is cheaper than coffee in the canteen."),
    ("The error rate is 12 %.", "The error rate is 21 percent."),
    ("The bridge is 2.5 km long.", "The bridge is 250 metres long."),
    ("The pointer emits 5 mW of light.", "The pointer emits 5 MW of light."),
    ("The warranty lasts 24 months.", "The warranty lasts three years."),
    ("The contract was signed on 14 March 2022.", "The contract was signed on 14 May 2022."),
    ("The device fails to start below zero degrees.", "The device starts below zero degrees."),
    ("Visitors may enter the archive without an appointment.", "Visitors need an appointment to enter the archive."),
    ("The maximum load of the lift is 600 kg.", "The minimum load of the lift is 600 kg."),
    ("The museum lacks a lift.", "The museum has a lift."),
    ("The pool is heated in winter.", "The pool is heated in summer."),
    ("Only members may vote at the assembly.", "Everyone may vote at the assembly."),
    ("Only members may vote.", "Everyone may vote."),
    ("Few visitors used the audio guide.", "Most visitors used the audio guide."),
    ("The storage costs $65 per year and is heated.", "The storage costs 65 % per year."),
    ("Each pass admits 1 person to the gallery.", "Each pass admits 3 persons to the gallery."),
    ("The storm left 45m people without power.", "The storm left 54m people without power."),
    ("A tablet has 20 mg of zinc.", "A tablet has 20 g of zinc."),
    ("The alarm is tested twice a week.", "The alarm is tested three times a week."),
    ("Turnover fell from 6.1 to 5.4 million in May.", "Turnover fell from 5.4 to 6.1 million in May."),
    ("Switch the heater off before cleaning it.", "Switch the heater on before cleaning it."),
    ("Members may not bring dogs without a leash.", "Members may bring dogs without a leash."),
    ("Either party may end the lease in March.", "Only the landlord may end the lease in March."),
    ("The lesson is free of charge for adults.", "The lesson is free of charge for children."),
    ("The printer delivers the leaflets to the agency.", "The agency delivers the leaflets to the printer."),
    ("Riders on bikes had fewer injuries than those on scooters.",
     "Those on scooters had fewer injuries than riders on bikes."),
    ("Der Filter wird alle drei Monate gewechselt.", "Der Filter wird alle sechs Monate gewechselt."),
    ("Rauchen ist auf der Terrasse nicht erlaubt.", "Rauchen ist auf der Terrasse erlaubt."),
    ("La r\u00e9union aura lieu le 3 mars.", "La r\u00e9union aura lieu le 3 avril."),
    ("A day pass costs $12 per day or $60 per week.", "A day pass costs $60 per day."),
    ("Le billet n'est pas remboursable.", "Le billet est remboursable."),
]  # fmt: skip


@pytest.mark.parametrize(("known", "claim"), SUPPORTED)
def test_the_same_in_other_words_is_supported(known: str, claim: str) -> None:
    checked = check_answer(claim, [f"{known} {AROUND}"], MiniLM().embed)
    assert (checked.sentences[0].verdict, checked.supported) == ("supported", True)


@pytest.mark.parametrize(("known", "claim"), CONTRADICTED)
def test_the_opposite_in_nearly_the_same_words_is_contradicted(known: str, claim: str) -> None:
    checked = check_answer(claim, [f"{known} {AROUND}"], MiniLM().embed)
    assert (checked.sentences[0].verdict, checked.supported) == ("contradicted", False)


@pytest.mark.parametrize(
    ("known", "claim"),
    [
        ("Some applicants receive a reply within two weeks.", "All applicants receive a reply within two weeks."),
        ("Children usually travel free.", "Children always travel free."),
    ],
)
def test_what_is_said_of_some_is_not_said_of_all(known: str, claim: str) -> None:
    checked = check_answer(claim, [f"{known} {AROUND}"], MiniLM().embed)
    assert checked.sentences[0].verdict == "not found" and not checked.supported


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("$90m", 90e6, "usd"),
        ("45k euros", 45_000, "eur"),
        ("45m euros", 45e6, "eur"),
        ("45 m", 45, "m"),
        ("45M", 45e6, ""),
        ("5 mW", 0.005, "w"),
        ("5 MW", 5e6, "w"),
        ("one and a half hours", 5400, "s"),
        ("March 14, 2022", 20220314, "date"),
        ("14/03/2022", 20220314, "date"),
        ("03/14/2022", 20220314, "date"),
        ("04/05/2022", 20220000, "date"),
        ("4.5.2022", 20220504, "date"),
        ("6 pm", 1080, "clock"),
        ("5 m", 5, "m"),
    ],
)
def test_amounts_are_read_in_one_unit(text: str, value: float, unit: str) -> None:
    assert [(one.value, one.unit) for one in amounts(text)] == [(value, unit)]


def test_a_rounded_amount_is_the_same() -> None:
    known = amounts("The dam holds 1,234,567 litres.")
    assert settled(amounts("The dam holds 1.2 million litres."), known) == {"1.2"}
    assert recounted(amounts("The dam holds 1.4 million litres."), known, known)


@pytest.mark.parametrize(
    ("written", "other"), [("April 5, 2022", False), ("4 May 2022", False), ("5 April 2021", True)]
)
def test_a_date_that_may_be_read_in_two_ways_contradicts_neither(written: str, other: bool) -> None:
    known = amounts("It was signed on 04/05/2022.")
    assert recounted(amounts(f"It was signed on {written}."), known, known) is other
