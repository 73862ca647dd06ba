/*
 * worker REPORTS            appends its pid and the time of its first instruction to REPORTS, and sleeps
 * worker REPORTS COUNT      starts COUNT of itself by posix_spawn and replaces each that ends; at SIGTERM ends them all, and then itself
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int report(const char *path) {
  struct timespec now;
  char line[33];
  clock_gettime(CLOCK_MONOTONIC, &now);
  snprintf(line, sizeof line, "%10d %20lld\n", getpid(), now.tv_sec * 1000000000LL + now.tv_nsec);
  int file = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
  if (file < 0 || write(file, line, 32) != 32) return 1;
  close(file);
  for (;;) pause();
}

static int spawn_all(char *self, char *path, int count) {
  char *words[] = {self, path, NULL};
  char *env[] = {NULL};
  sigset_t asked, none, all;
  posix_spawnattr_t attributes;
  pid_t ended, *pids = calloc(count, sizeof *pids);
  sigemptyset(&none);
  sigfillset(&all);
  sigemptyset(&asked);
  sigaddset(&asked, SIGTERM);
  sigaddset(&asked, SIGCHLD);
  sigprocmask(SIG_BLOCK, &asked, NULL);
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &all);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  for (int index = 0; index < count; index++)
    if (posix_spawn(&pids[index], self, NULL, &attributes, words, env)) return 1;
  while (sigwaitinfo(&asked, NULL) != SIGTERM)
    while ((ended = waitpid(-1, NULL, WNOHANG)) > 0)
      for (int index = 0; index < count; index++)
        if (pids[index] == ended && posix_spawn(&pids[index], self, NULL, &attributes, words, env)) return 1;
  for (int index = 0; index < count; index++) kill(pids[index], SIGTERM);
  for (int index = 0; index < count; index++) waitpid(pids[index], NULL, 0);
  return 0;
}

int main(int argc, char **argv) {
  if (argc == 2) return report(argv[1]);
  if (argc == 3) return spawn_all(argv[0], argv[1], atoi(argv[2]));
  return 2;
}
