/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Jobs: groups of processes.  A process's slot names the innermost job that it is in, a job its parent; both are
 * references, written by the server alone and read by all.  Who is in a job is what those records say: nothing is
 * counted beside them, so a new server, or a sweep, finds the same.
 */
#ifndef WINIPC_ARENA_JOB_H
#define WINIPC_ARENA_JOB_H

#include "libs/arena/arena.h"

#define JOB_DEPTH 64u          /* jobs in a chain; what is deeper is garbage, or refused */
#define JOB_TICK_100NS 100000u /* the unit of the times of processes that have ended */

/* job.port_state: the port's generation, and whether the end of the job's time is posted (else its processes end) */
#define JOB_PORT_GENERATION(state) ((state)&0xffff)
#define JOB_POST_AT_END 0x10000u

/* job.limits: JOB_OBJECT_LIMIT_*, and with JOB_OBJECT_LIMIT_PRIORITY_CLASS the PROCESS_PRIOCLASS_* that all members have */
#define JOB_LIMITS(word) ((word)&0x0fffffffu)
#define JOB_CLASS(word) ((word) >> 28 & 7u)
#define JOB_CLASS_BITS(class) ((uint32_t)(class) << 28)

/* job_at() - the live job with cell @number - 1.  Return: NULL if there is none. */
struct cell *job_at(uint32_t number);
/* job_parent() - Return: as cell number + 1, 0 at the end of the chain. */
uint32_t job_parent(uint32_t number);
/* job_is_within() - whether job @number is @job, or lies within it.  Both are cell numbers + 1. */
bool job_is_within(uint32_t number, uint32_t job);
/* job_of() - the innermost job of process slot @process.  Return: as cell number + 1, or 0. */
uint32_t job_of(uint32_t process);
/* job_member() - whether the process in slot @process is in @job and has not ended. */
bool job_member(uint32_t job, uint32_t process);
/* job_count() - how many members a job has. */
uint32_t job_count(uint32_t job);
/* job_set() - makes @number the innermost job of a process (0: none).  Return: false when that job is gone. */
bool job_set(uint32_t process, uint32_t number);

#endif
