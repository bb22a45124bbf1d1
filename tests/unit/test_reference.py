from __future__ import annotations

from pathlib import Path

import pytest

from corridors.domain.vocabulary import PolicePresence
from corridors.errors import SourceError
from corridors.sources.bundled import bundled_path
from corridors.sources.reference import read_aims, read_protocol_template, read_roles

PARTNERSHIP_AIMS = {
    "build trust and confidence",
    "improve safety and enhance safeguarding",
    "disrupt experiences of victimisation and future involvement in crime",
    "deliver early intervention and diversion",
}

AIM = """
partnership_aims = ["build trust and confidence"]
[aims.calm]
name = "Calm"
partnership_aim = "build trust and confidence"
why = "It helps."
categories = []
lead_roles = ["youth_worker"]
needed = [["youth_worker"]]
min_posts = 2
police = "absent"
police_why = "Nobody needs them."
"""


def problems_of(tmp_path: Path, text: str) -> list[str]:
    file = tmp_path / "aims.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(SourceError) as caught:
        read_aims(file)
    return [str(problem) for problem in caught.value.problems]


def test_bundled_roles_are_the_seven() -> None:
    roles = read_roles()
    assert set(roles) == {
        "youth_worker",
        "school_staff",
        "camhs_practitioner",
        "community_volunteer",
        "community_safety_officer",
        "ward_officer",
        "school_officer",
    }
    assert {r.role_id for r in roles.values() if r.police} == {"ward_officer", "school_officer"}
    assert {r.role_id for r in roles.values() if r.school_linked} == {
        "school_staff",
        "school_officer",
    }
    assert not roles["community_volunteer"].may_lead


def test_bundled_aims_keep_police_in_support() -> None:
    aims, roles = read_aims(), read_roles()
    assert {aim.partnership_aim for aim in aims.values()} == PARTNERSHIP_AIMS
    for aim in aims.values():
        assert aim.min_posts >= 2
        if not aim.enforcement:
            assert not any(roles[lead].police for lead in aim.lead_roles)
        if aim.police is not PolicePresence.NEEDED:
            assert not any(roles[r].police for group in aim.needed for r in group)
    assert [a.aim_id for a in aims.values() if a.enforcement] == ["weapons_intelligence"]


def test_bundled_protocol_leaves_contacts_blank() -> None:
    template = read_protocol_template(aims=read_aims())
    words = " ".join(template.contacts)
    assert not any(character.isdigit() or character == "@" for character in words)
    assert template.police_party == "Neighbourhood policing team"


def test_a_borough_brings_its_own(tmp_path: Path) -> None:
    file = tmp_path / "own.toml"
    file.write_text(AIM, encoding="utf-8")
    assert list(read_aims(file)) == ["calm"]
    assert read_aims(str(file))["calm"].lead_roles == ("youth_worker",)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('lead_roles = ["youth_worker"]', 'lead_roles = ["wizard"]', "no role wizard"),
        ('needed = [["youth_worker"]]', 'needed = [["wizard"]]', "no role wizard"),
        ('needed = [["youth_worker"]]', "needed = []", "has no role"),
        ('needed = [["youth_worker"]]', "needed = [[]]", "has no role"),
        ('lead_roles = ["youth_worker"]', "lead_roles = []", "Nobody may lead"),
        ('["youth_worker"]\n', '["community_volunteer"]\n', "may not lead"),
        ('lead_roles = ["youth_worker"]', 'lead_roles = ["ward_officer"]', "not enforcement"),
        ("min_posts = 2", "min_posts = 1", "under 2"),
        ("min_posts = 2", "min_posts = true", "not a whole number"),
        ("min_posts = 2", "", "missing"),
        ("min_posts = 2", 'min_posts = 2\nunsuitable = ["youth_worker"]', "lead_roles and needed"),
        ("min_posts = 2", 'min_posts = 2\nwelcome = ["ward_officer"]', "is police"),
        ("min_posts = 2", "min_posts = 2\nmin_post = 3", "not known"),
        ("min_posts = 2", "min_posts = 2\nenforcement = true", "contradict"),
        ("min_posts = 2", "min_posts = 2\nafter_bell_min = [9, 3]", "in order"),
        ("categories = []", 'categories = ["witchcraft"]', "no category witchcraft"),
        ("categories = []", "categories = [3]", "something else than texts"),
        ("categories = []", 'categories = ["robbery"]', "0 aims without enforcement"),
        ('police = "absent"', 'police = "needed"', "no group of needed names a police role"),
        ('police = "absent"', 'police = "maybe"', "not a known word"),
        (
            'needed = [["youth_worker"]]',
            'needed = [["ward_officer"]]',
            "needs police and police is",
        ),
        (
            'needed = [["youth_worker"]]',
            'needed = [["youth_worker", "ward_officer"]]',
            "mixes police",
        ),
        ('partnership_aim = "build', 'partnership_aim = "raise', "not one of the partnership"),
    ],
)
def test_each_problem_is_named(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in AIM
    assert any(said in problem for problem in problems_of(tmp_path, AIM.replace(old, new, 1)))


def test_every_problem_is_reported_at_once(tmp_path: Path) -> None:
    text = AIM.replace("min_posts = 2", "min_posts = 1").replace('"youth_worker"', '"wizard"')
    text = text.replace("categories = []", 'categories = ["witchcraft"]')
    found = problems_of(tmp_path, text)
    for said in (
        "under 2",
        "lead_roles: There is no role",
        "needed: There is no role",
        "witchcraft",
    ):
        assert any(said in problem for problem in found)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"[aims\nx = 1", "not TOML"),
        (b"\xff\xfe\x00", "not UTF-8"),
        (b"aims = 3", "not a table"),
        (b"[aims]\ncalm = 3", "not a table"),
        (b"", "missing"),
    ],
)
def test_a_file_that_is_no_aims_file(tmp_path: Path, content: bytes, said: str) -> None:
    file = tmp_path / "aims.toml"
    file.write_bytes(content)
    with pytest.raises(SourceError, match=said):
        read_aims(file)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    for read in (read_aims, read_roles, read_protocol_template):
        with pytest.raises(SourceError, match="no such file"):
            read(tmp_path / "none.toml")


def test_roles_problems(tmp_path: Path) -> None:
    file = tmp_path / "roles.toml"
    file.write_text('[roles.a]\nname = " "\npolice = "no"\n', encoding="utf-8")
    with pytest.raises(SourceError) as caught:
        read_roles(file)
    said = str(caught.value)
    assert "roles.a.name: It is blank" in said
    assert "roles.a.police: It is not true or false" in said
    assert "roles.a.training: This key is missing" in said
    file.write_text("[roles]\n", encoding="utf-8")
    with pytest.raises(SourceError, match="There is no role"):
        read_roles(file)


def test_protocol_problems(tmp_path: Path) -> None:
    text = bundled_path("reference/protocol.toml").read_text(encoding="utf-8")
    file = tmp_path / "protocol.toml"
    file.write_text(text.replace("[aims.road_danger]", "[aims.dragons]"), encoding="utf-8")
    with pytest.raises(SourceError, match="no such aim"):
        read_protocol_template(file, aims=read_aims())
    file.write_text("call_police_when = []\n", encoding="utf-8")
    with pytest.raises(SourceError, match="police_party: This key is missing"):
        read_protocol_template(file)


def test_the_bundled_protocol_suits_a_borough_with_aims_of_its_own(tmp_path: Path) -> None:
    assert set(read_protocol_template().call_police_when_by_aim) <= set(read_aims())
    file = tmp_path / "aims.toml"
    file.write_text(AIM, encoding="utf-8")
    template = read_protocol_template(aims=read_aims(file))
    assert template.call_police_when_by_aim == {}
    assert template.call_police_when == read_protocol_template().call_police_when


def test_roles_of_its_own_that_the_bundled_aims_do_not_know(tmp_path: Path) -> None:
    text = bundled_path("reference/roles.toml").read_text(encoding="utf-8")
    file = tmp_path / "roles.toml"
    file.write_text(text.replace("[roles.youth_worker]", "[roles.youthworker]"), encoding="utf-8")
    with pytest.raises(SourceError, match=r"no role youth_worker\. Keep this id in the roles file"):
        read_aims(roles=read_roles(file))


@pytest.mark.parametrize("name", ["police", "a b", "../x", "A", "a" * 61])
def test_ids_are_plain(tmp_path: Path, name: str) -> None:
    text = AIM.replace("[aims.calm]", f'[aims."{name}"]')
    assert any("This id cannot be used" in problem for problem in problems_of(tmp_path, text))


def test_a_reference_file_that_is_hostile(tmp_path: Path) -> None:
    assert any("control" in p for p in problems_of(tmp_path, AIM.replace("Calm", "Calm\\u0000")))
    for text, said in (("a = " + "[" * 50_000, "nested"), ("#" * (5 << 20), "too large")):
        (found,) = problems_of(tmp_path, text)
        assert said in found
