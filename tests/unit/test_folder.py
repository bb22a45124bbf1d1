"""The output folder: all or nothing, and never over somebody else's work."""

from __future__ import annotations

from pathlib import Path

import pytest

from corridors.errors import OutputError
from corridors.outputs import folder as folder_module
from corridors.outputs.folder import MARKER, OutputFolder, check_writable


def _files(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != MARKER
    }


def _write(out: Path, **texts: str) -> None:
    with OutputFolder(out) as folder:
        for name, text in texts.items():
            folder.write_text(f"public/{name}.txt", text)


def _break_halfway(out: Path, error: type[BaseException]) -> None:
    with OutputFolder(out) as folder:
        folder.write_text("public/a.txt", "half")
        raise error


def test_a_new_folder_with_its_parents(tmp_path: Path) -> None:
    out = tmp_path / "deep" / "er" / "out"
    _write(out, a="1")
    assert _files(out) == {"public/a.txt": "1"}
    assert (out / MARKER).exists()
    assert [one.name for one in out.parent.iterdir()] == ["out"]


def test_an_empty_folder_is_filled_and_ours_is_replaced_whole(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    _write(out, a="1", b="2")
    _write(out, a="3")
    assert _files(out) == {"public/a.txt": "3"}
    assert [one.name for one in tmp_path.iterdir()] == ["out"]


def test_the_folder_itself_may_be_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real", target_is_directory=True)
    _write(tmp_path / "link", a="1")
    assert _files(tmp_path / "real") == {"public/a.txt": "1"}
    assert (tmp_path / "link").is_symlink()


def test_somebody_elses_folder_is_refused_and_untouched(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "thesis.txt").write_text("years of work")
    with pytest.raises(OutputError, match="did not make"):
        check_writable(out)
    with pytest.raises(OutputError):
        _write(out, a="1")
    assert _files(out) == {"thesis.txt": "years of work"}


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("x")
    for out in (tmp_path / "out", tmp_path / "out" / "below"):
        with pytest.raises(OutputError, match="file"):
            check_writable(out)


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_what_breaks_leaves_the_previous_result(tmp_path: Path, error: type[BaseException]) -> None:
    out = tmp_path / "out"
    _write(out, a="before")
    with pytest.raises(error):
        _break_halfway(out, error)
    assert _files(out) == {"public/a.txt": "before"}
    assert [one.name for one in tmp_path.iterdir()] == ["out"]


def test_nothing_is_left_where_nothing_was(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        _break_halfway(tmp_path / "out", KeyboardInterrupt)
    assert list(tmp_path.iterdir()) == []


def test_a_swap_that_fails_puts_the_old_one_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    _write(out, a="before")
    rename = Path.rename

    def failing(self: Path, target: Path) -> Path:
        if target == out and "old" not in self.name:
            raise OSError(28, "No space left on device")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", failing)
    with pytest.raises(OutputError, match="No space left"):
        _write(out, a="after")
    monkeypatch.undo()
    assert _files(out) == {"public/a.txt": "before"}
    assert [one.name for one in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize("breaks", [False, True])
def test_a_mounted_folder_is_filled_from_inside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, breaks: bool
) -> None:
    out = tmp_path / "out"
    _write(out, a="before", b="before")
    monkeypatch.setattr(folder_module, "_only_inside", lambda _: True)
    rename = Path.rename

    def failing(self: Path, target: Path) -> Path:
        is_new = "-old-" not in self.parent.name
        if breaks and is_new and target == out / "public":
            raise OSError(5, "Input/output error")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", failing)
    if breaks:
        with pytest.raises(OutputError):
            _write(out, a="after")
        assert _files(out) == {"public/a.txt": "before", "public/b.txt": "before"}
    else:
        _write(out, a="after")
        assert _files(out) == {"public/a.txt": "after"}
    assert sorted(one.name for one in out.iterdir()) == [MARKER, "public"]


def test_an_unwritable_place_is_refused_before_any_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied(_self: Path, *_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "mkdir", denied)
    with pytest.raises(OutputError, match="Permission denied"):
        check_writable(tmp_path / "out")


@pytest.mark.parametrize("path", ["../x", "/x", "a/../../x", "", "a\\..\\x"])
def test_no_file_leaves_the_folder(tmp_path: Path, path: str) -> None:
    with pytest.raises(OutputError, match="outside"), OutputFolder(tmp_path / "out") as folder:
        folder.write_text(path, "x")
    assert list(tmp_path.iterdir()) == []
