"""Lessons on finite-difference error: pages that one can play with, each one HTML file that needs nothing else."""

from numgrad.lessons.catalogue import INDEX, LESSONS, Lesson, build_index, build_lesson
from numgrad.lessons.page import GENERATOR
from numgrad.lessons.subject import Subject

__all__ = ["GENERATOR", "INDEX", "LESSONS", "Lesson", "Subject", "build_index", "build_lesson"]
