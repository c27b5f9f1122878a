"""The loop alone: no I/O, no clock; a test answers its requests by hand."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from motadata_nb.agents.base import Limits, Step
from motadata_nb.agents.loop import Ask, CallModel, CallTools, Outcome, Role, converse
from motadata_nb.agents.tools import Tool
from motadata_nb.agents.tools.schema import Shape
from motadata_nb.gateway.base import ToolCall, Usage


def add(a: int, b: int = 1) -> int:
    """Adds two numbers."""
    return a + b


def role(*tools: Tool, **options: Any) -> Role:
    return Role(tools={t.name: t for t in tools}, **options)


def says(text: str, **more: Any) -> Step:
    return Step(kind="model", text=text, **more)


def calls(*wanted: tuple[str, str]) -> Step:
    made = tuple(ToolCall(id=f"c{i}", name=n, arguments=a) for i, (n, a) in enumerate(wanted))
    return Step(kind="model", calls=made)


def result(request: CallTools, *texts: str) -> list[Step]:
    return [
        c.answer or Step(kind="tool", key=c.key, name=c.call.name, call_id=c.call.id, arguments=c.text, text=t)
        for c, t in zip(request.calls, texts, strict=True)
    ]


def end(conversation: Any, answer: Any) -> Outcome:
    with pytest.raises(StopIteration) as stop:
        conversation.send(answer)
    outcome = stop.value.value
    assert isinstance(outcome, Outcome)
    return outcome


def test_a_plain_answer_ends_the_run() -> None:
    talk = converse(role=role(instructions="Be kind."), task="Hello?")
    request = next(talk)
    assert isinstance(request, CallModel)
    assert request.messages == [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "Hello?"}]
    assert end(talk, says("Hello.")) == Outcome(status="done", text="Hello.")


def test_two_calls_are_asked_for_together_and_answered_in_order() -> None:
    talk = converse(role=role(Tool(add)), task="?")
    next(talk)
    request = talk.send(calls(("add", '{"a": 1}'), ("add", '{"a": 2, "b": 3}')))
    assert isinstance(request, CallTools)
    assert [(c.key, c.arguments) for c in request.calls] == [("1.0", {"a": 1, "b": 1}), ("1.1", {"a": 2, "b": 3})]
    asked = talk.send(result(request, "2", "5"))
    assert isinstance(asked, CallModel)
    assert [m["content"] for m in asked.messages if m["role"] == "tool"] == ["2", "5"]


@pytest.mark.parametrize(
    ("name", "arguments", "said"),
    [
        ("ad", '{"a": 1}', "Did you mean 'add'"),
        ("zzzz", "{}", "Tools: add"),
        ("add", '{"a": ', "not valid JSON"),
        ("add", "{}", "a: Field required"),
        ("add", '{"a": "many"}', "a: Input should be a valid integer"),
        ("add", '{"a": 1, "c": 2}', "c: Extra inputs"),
        ("add", "[1]", "Call again"),
    ],
)
def test_a_bad_call_is_answered_with_what_to_do(name: str, arguments: str, said: str) -> None:
    talk = converse(role=role(Tool(add)), task="?")
    next(talk)
    request = talk.send(calls((name, arguments)))
    assert isinstance(request, CallTools)
    answer = request.calls[0].answer
    assert answer is not None
    assert answer.state == "invalid"
    assert said in answer.text


def test_never_holds_whatever_the_run_allows() -> None:
    forbidden = Tool(add, approve="never")
    talk = converse(role=role(forbidden, approve="auto"), task="?")
    next(talk)
    request = talk.send(calls(("add", '{"a": 1}')))
    assert isinstance(request, CallTools)
    assert request.calls[0].answer is not None
    assert request.calls[0].answer.state == "refused"


def approval(request: Ask, *states: tuple[str, str]) -> list[Step]:
    return [
        Step(kind="approval", key=c.key, state=s, arguments=a or c.text)
        for c, (s, a) in zip(request.calls, states, strict=True)
    ]


def test_approved_with_edited_arguments_denied_and_waiting() -> None:
    talk = converse(role=role(Tool(add, approve="ask")), task="?")
    next(talk)
    asked = talk.send(calls(("add", '{"a": 1}'), ("add", '{"a": 2}'), ("add", '{"a": 3}')))
    assert isinstance(asked, Ask)
    request = talk.send(approval(asked, ("approved", '{"a": 9}'), ("denied", ""), ("waiting", "")))
    assert isinstance(request, CallTools)
    assert [c.arguments for c in request.calls if c.answer is None] == [{"a": 9, "b": 1}]
    assert [c.answer.state for c in request.calls if c.answer] == ["refused"]
    outcome = end(talk, result(request, "10", ""))
    assert outcome.status == "waiting"
    assert "add" in outcome.reason


def test_edited_arguments_are_checked_too() -> None:
    talk = converse(role=role(Tool(add, approve="ask")), task="?")
    next(talk)
    asked = talk.send(calls(("add", '{"a": 1}')))
    assert isinstance(asked, Ask)
    request = talk.send(approval(asked, ("approved", '{"b": 9}')))
    assert isinstance(request, CallTools)
    assert request.calls[0].answer is not None
    assert "a: Field required" in request.calls[0].answer.text


def test_the_stricter_of_run_and_tool_holds_and_a_named_mode_replaces_the_tools_own() -> None:
    tool = Tool(add, approve="ask")
    assert role(tool).mode(tool) == "ask"
    assert role(tool, approve="never").mode(tool) == "never"
    assert role(tool, approvals={"add": "auto"}).mode(tool) == "auto"
    assert role(tool, approve="ask", approvals={"add": "auto"}).mode(tool) == "ask"


ADD = calls(("add", '{"a": 1}'))


@pytest.mark.parametrize(
    ("limits", "step", "said"),
    [
        (Limits(steps=1), ADD, "limit steps=1"),
        (Limits(tool_calls=1), ADD, "limit tool_calls=1"),
        (Limits(tokens=10), says("", calls=ADD.calls, usage=Usage(input_tokens=8, output_tokens=2)), "10 tokens"),
        (Limits(seconds=2), says("", calls=ADD.calls, seconds=2.5), "2.5 s"),
        (Limits(cost=0.01), says("", calls=ADD.calls, cost=0.02), "$0.0200"),
    ],
)
def test_limits_stop_a_run_with_the_reason(limits: Limits, step: Step, said: str) -> None:
    talk = converse(role=role(Tool(add)), task="?", limits=limits)
    next(talk)
    request = talk.send(step)
    assert isinstance(request, CallTools)
    outcome = end(talk, result(request, "2"))
    assert outcome.status == "limit"
    assert said in outcome.reason


def test_a_model_that_loops_is_stopped() -> None:
    talk = converse(role=role(Tool(add)), task="?", limits=Limits(repeats=3))
    next(talk)
    for _ in range(2):
        request = talk.send(ADD)
        assert isinstance(request, CallTools)
        talk.send(result(request, "2"))
    request = talk.send(ADD)
    assert isinstance(request, CallTools)
    outcome = end(talk, result(request, "2"))
    assert outcome.status == "limit"
    assert "same call 3 times" in outcome.reason


def test_the_same_call_with_other_results_is_no_loop() -> None:
    talk = converse(role=role(Tool(add)), task="?", limits=Limits(repeats=3, steps=100))
    next(talk)
    for n in range(20):
        request = talk.send(ADD)
        assert isinstance(request, CallTools)
        assert isinstance(talk.send(result(request, str(n))), CallModel)


def test_an_answer_that_does_not_fit_is_repaired_or_given_up() -> None:
    for last, status, data in (("```json\n[1, 2]\n```", "done", [1, 2]), ("still no", "failed", None)):
        talk = converse(role=role(output=Shape(list[int])), task="?", limits=Limits(retries=1))
        next(talk)
        request = talk.send(says("one, two"))
        assert isinstance(request, CallModel)
        assert "does not fit the schema" in request.messages[-1]["content"]
        outcome = end(talk, says(last))
        assert (outcome.status, outcome.data) == (status, data)


def test_an_empty_answer_is_asked_again() -> None:
    talk = converse(role=role(), task="?")
    next(talk)
    assert isinstance(talk.send(says("  ")), CallModel)
    assert end(talk, says("42")).text == "42"


def test_a_transcript_replays_to_the_same_requests() -> None:
    answers: list[Any] = [ADD, None, calls(("add", "{"), ("x", "{}")), None, says("done")]
    first: list[Any] = []
    second: list[Any] = []
    for seen in (first, second):
        talk = converse(role=role(Tool(add)), task="?")
        request: Any = next(talk)
        for answer in answers:
            seen.append(copy.deepcopy(getattr(request, "messages", None)))
            try:
                request = talk.send(answer or result(request, *["2"] * len(request.calls)))
            except StopIteration as stop:
                seen.append(stop.value)
    assert first == second
    assert first[-1].status == "done"


def test_a_hand_off_changes_instructions_and_tools_but_not_the_conversation() -> None:
    def transfer() -> str:
        """Hands over."""
        return "You are now talking to billing."

    billing = Role(name="billing", instructions="Bill.", tools={"add": Tool(add)})
    talk = converse(role=role(Tool(transfer, hands_off_to="billing")), task="?", roles={"billing": billing})
    next(talk)
    request = talk.send(calls(("transfer", "{}")))
    assert isinstance(request, CallTools)
    asked = talk.send(result(request, "You are now talking to billing."))
    assert isinstance(asked, CallModel)
    assert asked.role is billing
    assert asked.messages[0] == {"role": "system", "content": "Bill."}
    assert asked.messages[1]["content"] == "?"
