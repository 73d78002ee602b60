"""A comment on a learner, drafted by rule: strengths first, one thing to work on, one next step, in plain words.

Each sentence names the facts it rests on; there is none without. A person reads, changes and sends it, or does not.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from yucai.framework import Framework, Practice, PracticePack, load_framework
from yucai.matching.steps_given import Place
from yucai.texts import Text

__all__ = [
    "COMMENT_RULES_VERSION",
    "CommentDraft",
    "CommentPiece",
    "DraftSentence",
    "SentencePart",
    "draft_comment",
]

COMMENT_RULES_VERSION: Final = "1.0"
MOST_STRENGTHS: Final = 2
MOST_UNKNOWN: Final = 3
MIDDLE: Final = 0.0

GREETING: Final = Text("Dear {name},", "{name}同学：")
STRENGTH: Final = Text(
    "In {quality} you stand clearly above the average of our institution.", "你的{quality}明显高于本单位的平均水平。"
)
ALSO: Final = Text("The same goes for {quality}.", "{quality}也是如此。")
ALSO_IN: Final = Text(
    "The same goes for {quality}, as in “{what}” ({score}).", "{quality}也是如此，例如“{what}”（{score}）。"
)
INSTANCE: Final = Text("It shows, for instance, in “{what}” ({score}).", "例如“{what}”（{score}）就体现了这一点。")
WITH_MOST: Final = Text(
    "In {quality} what is on record of you lies about where most stand.",
    "从现有记录看，你的{quality}与大多数同学相近。",
)
THANKS: Final = Text(
    "{n} piece{n:|s} of evidence of your work {n:is|are} on record; thank you for {n:it|them}.",
    "关于你的学习已有 {n} 条证据，谢谢你的付出。",
)
BELOW: Final = Text(
    "One thing to work on is {quality}: what is on record lies below the average so far.",
    "有一点值得着力：{quality}，目前的记录低于平均水平。",
)
ROOM: Final = Text(
    "One thing to work on is {quality}: it is neither clearly above nor below the average, so there is room.",
    "有一点值得着力：{quality}，目前既不明显高于也不明显低于平均水平，还有提升空间。",
)
STEP: Final = Text("A next step could be this: {practice}", "下一步可以这样做：{practice}")
UNKNOWN: Final = Text(
    "Of {qualities} too little is known yet to say anything; that is no judgement.",
    "关于{qualities}，目前所知太少，还不能说什么；这不是评价。",
)
AND_MORE: Final = Text("{qualities} and {n} more", "{qualities}等 {n} 项")
NOTHING: Final = Text(
    "Too little is known of you yet to say anything of your qualities; that is no judgement. Let us talk about what "
    "you would like to show.",
    "目前对你所知太少，还不能评说各项素养；这不是评价。我们可以谈谈你想展示什么。",
)


class SentencePart(StrEnum):
    """What a sentence of a draft is there for, in the order in which they stand."""

    GREETING = "greeting"
    STRENGTH = "strength"
    WORK_ON = "work-on"
    STEP = "step"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class CommentPiece:
    """One piece of evidence that may be named: of which quality, what it is called, and what it scored in words."""

    quality: str
    what: Text
    score: Text


Fact = Place | CommentPiece | Practice | Text


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftSentence:
    """One sentence with the facts it rests on: places, pieces of evidence, a practice, or the name."""

    part: SentencePart
    says: Text
    rests_on: tuple[Fact, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CommentDraft:
    """A draft, sentence by sentence."""

    sentences: tuple[DraftSentence, ...]
    version: str = COMMENT_RULES_VERSION

    def in_language(self, language: str) -> str:
        """Return the draft as a text: a line to greet, then a paragraph for each part."""
        space = "" if language.lower().startswith("zh") else " "
        paragraphs: dict[SentencePart, list[str]] = {}
        for sentence in self.sentences:
            part = SentencePart.WORK_ON if sentence.part is SentencePart.STEP else sentence.part
            paragraphs.setdefault(part, []).append(sentence.says.in_language(language))
        return "\n\n".join(space.join(said) for said in paragraphs.values())


def draft_comment(
    name: Text, places: Sequence[Place], *, pieces: Sequence[CommentPiece] = (), practices: PracticePack
) -> CommentDraft:
    """Return a draft of a comment from the own profile alone.

    ``places`` are those of one period; ``pieces`` the evidence that may be named, of each quality the first is taken.
    Of a quality something is said only with enough evidence, and only what its interval, as printed, says. Qualities
    that the framework of the practices does not hold, and places that are not given, are passed over.
    """
    framework = load_framework(practices.framework)
    order = {entry.code: n for n, entry in enumerate(framework.qualities)}
    given = sorted((place for place in places if place.quality in order), key=lambda place: order[place.quality])
    known = [place for place in given if place.enough]
    greeting = DraftSentence(part=SentencePart.GREETING, says=GREETING.filled(name=name), rests_on=(name,))
    if not known:
        nothing = DraftSentence(part=SentencePart.UNKNOWN, says=NOTHING, rests_on=tuple(given))
        return CommentDraft(sentences=(greeting, nothing))
    strong = sorted((place for place in known if place.printed[0] > MIDDLE), key=_surely_above)[:MOST_STRENGTHS]
    return CommentDraft(
        sentences=(
            greeting,
            *_strengths(strong, known, pieces, framework),
            *_work_on(strong, known, framework, practices),
            *_unknown([place for place in given if not place.enough], framework),
        )
    )


def _surely_above(place: Place) -> float:
    return -(place.mean - MIDDLE) / place.std_error


def _strengths(
    strong: Sequence[Place], known: Sequence[Place], pieces: Sequence[CommentPiece], framework: Framework
) -> Iterator[DraftSentence]:
    for n, place in enumerate(strong):
        quality = _running(place.quality, framework)
        piece = next((one for one in pieces if one.quality == place.quality), None)
        if n > 0 and piece is not None:
            said = ALSO_IN.filled(quality=quality, what=piece.what, score=piece.score)
            yield DraftSentence(part=SentencePart.STRENGTH, says=said, rests_on=(place, piece))
            continue
        said = (STRENGTH if n == 0 else ALSO).filled(quality=quality)
        yield DraftSentence(part=SentencePart.STRENGTH, says=said, rests_on=(place,))
        if piece is not None:
            instance = INSTANCE.filled(what=piece.what, score=piece.score)
            yield DraftSentence(part=SentencePart.STRENGTH, says=instance, rests_on=(place, piece))
    if strong:
        return
    best = max(known, key=lambda place: place.mean)
    if best.printed[0] <= MIDDLE <= best.printed[1]:
        said = WITH_MOST.filled(quality=_running(best.quality, framework))
        yield DraftSentence(part=SentencePart.STRENGTH, says=said, rests_on=(best,))
    else:
        said = THANKS.filled(n=sum(place.n_evidence for place in known))
        yield DraftSentence(part=SentencePart.STRENGTH, says=said, rests_on=tuple(known))


def _work_on(
    strong: Sequence[Place], known: Sequence[Place], framework: Framework, practices: PracticePack
) -> Iterator[DraftSentence]:
    """Yield the one thing to work on and a step towards it; where all are strengths, the step builds on the surest."""
    rest = [place for place in known if place.printed[0] <= MIDDLE]
    below = sorted((place for place in rest if place.printed[1] < MIDDLE), key=_surely_above, reverse=True)
    lowest = min(rest, key=lambda place: place.mean, default=None)
    spoken_of = not strong and lowest is not None and lowest is max(known, key=lambda place: place.mean)
    found = below[0] if below else None if spoken_of else lowest
    if found is not None:
        said = (BELOW if below else ROOM).filled(quality=_running(found.quality, framework))
        yield DraftSentence(part=SentencePart.WORK_ON, says=said, rests_on=(found,))
    aim = found or (strong[0] if strong else known[0])
    practice = practices.practice(aim.quality, practices.next_level(aim.mean))
    if practice is not None:
        yield DraftSentence(
            part=SentencePart.STEP, says=STEP.filled(practice=practice.says), rests_on=(aim, practice)
        )  # fmt: skip


def _unknown(grey: Sequence[Place], framework: Framework) -> Iterator[DraftSentence]:
    if not grey:
        return
    names = [_running(place.quality, framework) for place in grey[:MOST_UNKNOWN]]
    told = Text(", ".join(one.en for one in names), "、".join(one.zh for one in names))
    if len(grey) > MOST_UNKNOWN:
        more = len(grey) - MOST_UNKNOWN
        told = Text(AND_MORE.in_language("en", qualities=told.en, n=more),
                    AND_MORE.in_language("zh", qualities=told.zh, n=len(grey)))  # fmt: skip
    yield DraftSentence(part=SentencePart.UNKNOWN, says=UNKNOWN.filled(qualities=told), rests_on=tuple(grey))


def _running(quality: str, framework: Framework) -> Text:
    """Return a name as it stands inside a sentence: in English without its capital."""
    name = framework.entry(quality).name
    return Text(name.en[:1].lower() + name.en[1:], name.zh)
