// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package org.example.sample;

import java.util.Hashtable;
import java.util.StringJoiner;
import org.apache.felix.hc.api.HealthCheck;
import org.apache.felix.hc.api.Result;
import org.osgi.framework.BundleActivator;
import org.osgi.framework.BundleContext;
import org.osgi.framework.InvalidSyntaxException;
import org.osgi.framework.ServiceReference;

/** A bundle that knows nothing of banger: has a Health Check, which asks those with a tag. */
public final class SampleHealth implements BundleActivator, HealthCheck {
  private BundleContext context;

  @Override
  public void start(BundleContext started) {
    context = started;
    Hashtable<String, Object> properties = new Hashtable<>();
    properties.put(HealthCheck.NAME, "sample");
    context.registerService(HealthCheck.class, this, properties);
  }

  @Override
  public void stop(BundleContext stopped) {
    // The framework withdraws the service.
  }

  @Override
  public Result execute() {
    StringJoiner seen = new StringJoiner(", ", "seen: ", "");
    try {
      for (ServiceReference<HealthCheck> each :
          context.getServiceReferences(HealthCheck.class, "(hc.tags=banger)")) {
        Result result = context.getService(each).execute();
        seen.add(each.getProperty(HealthCheck.NAME) + " is " + result.getStatus());
      }
    } catch (InvalidSyntaxException e) {
      throw new IllegalStateException(e);
    }
    return new Result(Result.Status.OK, seen.toString());
  }
}
