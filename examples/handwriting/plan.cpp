// Prints the memory plan of the demo's learners, on the host: firmware carries no byte of it.
#include <cstdio>

#include <thimble/memory/report.hpp>

#include "learners.hpp"

int main() {
  thimble::write_plan<sparse_learner>([](const char* text) { std::fputs(text, stdout); });
}
