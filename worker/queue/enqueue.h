/* enqueue.h - how a job comes to be: a row, within the transaction of whoever needs it done.
 *
 * There is no other way, whatever carries jobs (worker.queue): the row is the truth and the outbox.
 * Its commit wakes the workers; with RabbitMQ a worker tells the broker of it. So nothing is
 * sent for what was rolled back, and nothing that was committed is lost.
 */
#pragma once

#define SG_QUEUE_ENCODE "encode"

/* An upload whose original is whole (status 'received'): $1 upload_id, $2 priority (-100 to 100,
 * higher first), $3 attempts (config worker.attempts). Returns job_id. Once for an upload: a second
 * one does no harm, for the row of the upload says what is left to do. */
#define SG_ENQUEUE_ENCODE_SQL                                                                      \
    "INSERT INTO jobs (queue, payload, priority, max_attempts) VALUES ('" SG_QUEUE_ENCODE          \
    "', jsonb_build_object('upload_id', $1::text), $2::smallint, $3::integer) RETURNING job_id"
