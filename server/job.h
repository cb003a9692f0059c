/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Jobs.  What a job is and who is in it stands in the arena (libs/arena/job.h), and only the server writes it: so it is
 * the authority, and a new one finds all of it.
 */
#ifndef WINIPC_SERVER_JOB_H
#define WINIPC_SERVER_JOB_H

#include "server/server.h"

#include "libs/arena/job.h"

/* ---- job.c ---- */

/* job_process_known() - a new process, whose slot may be in a job already, has a pid now. */
void job_process_known(uint32_t slot, uint32_t pid);
/* job_process_died() - Call before the slot is swept; can be repeated. */
void job_process_died(const struct process *process, uint32_t exit_code);
/* job_released() - the job in @cell, if it is one, has a reference less. */
void job_released(uint32_t cell);
/* jobs_collect() - the same for all jobs of a session that is taken over: a word of it may have gone with the former
 * server. */
void jobs_collect(void);
/* job_end_processes() - ends all processes of a job.  @number: its cell + 1. */
void job_end_processes(uint32_t number, uint32_t exit_code);

/* ---- job_port.c ---- */

/* job_tell() - sends a message to the ports of @number and of the jobs around it, up to @until (0: all). */
void job_tell(uint32_t number, uint32_t until, uint32_t message, uint32_t pid);
/* job_tell_one() - the same to one job's port only. */
void job_tell_one(uint32_t number, uint32_t message, uint32_t pid);
void job_ports_retry(void);

/* ---- job_time.c ---- */

/* job_process_ticks() - what a process has used, in JOB_TICK_100NS. */
void job_process_ticks(const struct process *process, uint32_t *user, uint32_t *kernel);
/* job_user_ticks() - the user time of all processes that are or were in a job. */
uint64_t job_user_ticks(uint32_t number);
/* job_time_watch() - a job with a limit of time may be there. */
void job_time_watch(void);
/* job_time_ms() - how long the server may sleep; -1: for ever. */
int job_time_ms(void);
/* job_time_turn() - looks at the limits if it is time to. */
void job_time_turn(void);

#endif
