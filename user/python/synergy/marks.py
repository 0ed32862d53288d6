# SPDX-License-Identifier: LGPL-2.1-or-later
"""Marks of this program's parts in the stream that is recorded, each with a name.

Any thread may mark; an interval begins and ends in one thread, may hold others, also of its
own name. Marks are libsynergy's (synergy_mark_begin() of <synergy/marks.h>): they go to the
recorder that runs this program, or to the module, through a page of memory where no counters
are asked for. Who wants them is looked for at the first mark; where nobody does, a mark is a
call of Python's and no more.
"""
import contextlib
import ctypes
import inspect
import os
import threading
from functools import lru_cache

from . import _library

_POINT, _BEGIN, _END = range(3)  # enum synergy_mark_kind


class _Marker:
    """The library, where somebody wants marks."""

    def __init__(self):
        self.lib = _library.library(ctypes.PyDLL)
        text = _library.message()
        if self.lib.synergy_marks_open(ctypes.byref(text)):
            raise _library.error(text)
        self.mark = self.lib.synergy_mark

    def close(self):
        self.lib.synergy_marks_close()


_lock = threading.Lock()
_marker = None  # None not tried yet, False there is none
_why_not = None


def _open():
    global _marker, _why_not
    with _lock:
        if _marker is None:
            try:
                _marker, _why_not = _Marker(), None
            except OSError as failed:
                _marker, _why_not = False, failed.strerror or str(failed)
        return _marker


def _mark(kind, name, cookie):
    marker = _marker
    if marker is None:
        marker = _open()
    if not marker:
        return False
    return marker.mark(kind, _encoded(name), cookie) == 1


@lru_cache(maxsize=4096)
def _encoded(name):
    name_id(name)
    return name.encode()


def available():
    """Does anybody want marks? The first question, or mark, looks; close() forgets."""
    return bool(_open())


def why_not():
    """Why available() is False, in one line; None when it is True."""
    _open()
    return _why_not


def close():
    """Give back what marks use, and look again at the next one who wants them.

    The module ends the intervals that are open. No thread may be marking meanwhile.
    """
    global _marker, _why_not
    with _lock:
        if _marker:
            _marker.close()
        elif _marker is not None:
            _forget()
        _marker = _why_not = None


def _forget():
    """The library looks again, too."""
    try:
        _library.library(ctypes.PyDLL).synergy_marks_close()
    except OSError:
        pass


def _in_child():
    """A child's marks are its own process's, and so are their names."""
    _lock.release()
    close()


os.register_at_fork(before=_lock.acquire, after_in_parent=_lock.release, after_in_child=_in_child)


@lru_cache(maxsize=4096)
def name_id(name):
    """The id of a name's marks: the 32-bit FNV-1a hash of its UTF-8 bytes, as synergy_name_id().

    ValueError: it is empty or has a NUL in it.
    """
    if not name or "\0" in name:
        raise ValueError(f"{name!r} is no name of marks")
    number = 0x811C9DC5
    for byte in name.encode():
        number = (number ^ byte) * 0x01000193 & 0xFFFFFFFF
    return number


def begin(name, cookie=0):
    """An interval of this name begins, in this thread. True: the mark is in the stream.

    Of the name 63 bytes are shown. @cookie is the caller's, 64 bits, and is kept with the mark.
    """
    return _mark(_BEGIN, name, cookie)


def end(name, cookie=0):
    """The interval that began last by this name, in this thread, ends. True as begin()."""
    return _mark(_END, name, cookie)


def point(name, cookie=0):
    """Something happened now. True as begin()."""
    return _mark(_POINT, name, cookie)


class region(contextlib.ContextDecorator):  # pylint: disable=invalid-name
    """An interval around a block, or around each call of a function.

        with synergy.region("resize"):
            ...

        @synergy.region("infer")
        def infer(image):
            ...

    It ends also when an exception leaves it. One object may be used again, inside itself and
    by several threads. A coroutine or generator cannot be decorated (TypeError): other work
    runs between its begin and its end; put `with` around what it does in one go.
    """

    def __init__(self, name, cookie=0):
        name_id(name)
        self.name, self.cookie = name, cookie

    def __enter__(self):
        if _marker is not False:
            _mark(_BEGIN, self.name, self.cookie)
        return self

    def __exit__(self, *exception):
        if _marker is not False:
            _mark(_END, self.name, self.cookie)
        return False

    def __call__(self, function):
        if inspect.iscoroutinefunction(function) or inspect.isgeneratorfunction(function) or \
           inspect.isasyncgenfunction(function):
            raise TypeError(f"{function.__qualname__}: a coroutine or generator is no interval")
        return super().__call__(function)
